//! Real services, each of one test: on a port of its own, in a folder of its own, ended with it.

use super::{free_port, wait_for};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::{env, fs};
use tempfile::TempDir;

/// A program of a service; they are in Debian's packages, and `make test` installs them.
fn program(name: &str, package: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.push("/usr/sbin".into());
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| {
        panic!("this test needs the real {name}: `make test` installs it, or `apt-get install {package}`")
    })
}

/// A process that ends with its test.
struct Service(Child);

impl Service {
    fn start(command: &mut Command, port: u16) -> Self {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut service = Self(child);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        wait_for("the service to listen", || {
            assert!(service.0.try_wait().unwrap().is_none(), "the service has ended");
            TcpStream::connect(address).ok()
        });
        service
    }

    fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

fn ran(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// A PostgreSQL with an empty database `postgres` and a user of that name without a password.
pub struct Postgres {
    service: Service,
    folder: TempDir,
    pub port: u16,
}

impl Postgres {
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("tgpg").tempdir_in("/tmp").unwrap();
        if rustix::process::getuid().is_root() {
            ran(Command::new("chown").arg("postgres:").arg(folder.path()));
        }
        let data = folder.path().join("data");
        let mut init = as_other(&program("initdb", "postgresql"));
        init.args(["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8"]);
        ran(init.arg("--locale=C").arg(&data).current_dir(folder.path()));
        let (service, port) = Self::serve(folder.path(), free_port());
        Self { service, folder, port }
    }

    fn serve(folder: &Path, port: u16) -> (Service, u16) {
        let mut server = as_other(&program("postgres", "postgresql"));
        server.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
        server.args(["-h", "127.0.0.1", "-p", &port.to_string(), "-c", "fsync=off"]);
        server.args(["-c", "log_min_messages=panic"]).current_dir(folder).stderr(Stdio::null());
        let service = Service::start(&mut server, port);
        let this = (service, port);
        // It listens before it lets anybody in.
        wait_for("PostgreSQL to answer", || {
            let asked = psql(port, "SELECT 1");
            asked.is_ok().then_some(())
        });
        this
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Runs statements, and gives what they print.
    pub fn sql(&self, statements: &str) -> String {
        psql(self.port, statements).unwrap()
    }

    pub fn stop(&mut self) {
        self.service.kill();
        // Its children end when they see that it has.
        wait_for("PostgreSQL to end", || {
            TcpStream::connect(("127.0.0.1", self.port)).is_err().then_some(())
        });
    }

    pub fn start_again(&mut self) {
        let _ = fs::remove_file(self.folder.path().join("data/postmaster.pid"));
        wait_for("the old PostgreSQL to be gone", || {
            let (service, _) = Self::serve(self.folder.path(), self.port);
            self.service = service;
            Some(())
        });
    }
}

fn psql(port: u16, statements: &str) -> Result<String, String> {
    let output = Command::new(program("psql", "postgresql-client"))
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "postgres", "-d", "postgres"])
        .args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statements])
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// PostgreSQL refuses to run as root.
fn as_other(program: &Path) -> Command {
    if !rustix::process::getuid().is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
    command
}

/// A MariaDB with an empty database `test` and a user `root` without a password.
pub struct MariaDb {
    _service: Service,
    folder: TempDir,
    pub port: u16,
}

impl MariaDb {
    pub fn new() -> Self {
        let (folder, port) = (TempDir::new().unwrap(), free_port());
        let data = format!("--datadir={}", folder.path().join("data").display());
        let mut install = Command::new(program("mariadb-install-db", "mariadb-server"));
        install.args(["--no-defaults", "--auth-root-authentication-method=normal"]);
        install.args(["--skip-test-db", &data]);
        let user = if rustix::process::getuid().is_root() { vec!["--user=root"] } else { vec![] };
        ran(install.args(&user).current_dir(folder.path()));
        let mut server = Command::new(program("mariadbd", "mariadb-server"));
        server.args(["--no-defaults", "--bind-address=127.0.0.1", &data]).args(&user);
        server.arg(format!("--port={port}")).arg(format!("--socket={}", socket(&folder)));
        let service = Service::start(server.stderr(Stdio::null()), port);
        let this = Self { _service: service, folder, port };
        this.sql("CREATE DATABASE test");
        this
    }

    pub fn url(&self) -> String {
        format!("mysql://root@127.0.0.1:{}/test", self.port)
    }

    /// Runs statements, and gives what they print.
    pub fn sql(&self, statements: &str) -> String {
        let mut client = Command::new(program("mariadb", "mariadb-client"));
        client.args(["--no-defaults", "-NB", "-uroot", "-e", statements]);
        ran(client.arg(format!("--socket={}", socket(&self.folder)))).trim().to_owned()
    }
}

fn socket(folder: &TempDir) -> String {
    folder.path().join("sock").display().to_string()
}

pub struct Redis {
    service: Service,
    folder: TempDir,
    password: String,
    pub port: u16,
}

impl Redis {
    pub fn new() -> Self {
        Self::with_password("")
    }

    /// One that lets in only who knows this, if it is not empty.
    pub fn with_password(password: &str) -> Self {
        let (folder, port) = (TempDir::new().unwrap(), free_port());
        let service = Self::serve(folder.path(), port, password);
        Self { service, folder, password: password.to_owned(), port }
    }

    fn serve(folder: &Path, port: u16, password: &str) -> Service {
        let mut server = Command::new(program("redis-server", "redis-server"));
        server.args(["--port", &port.to_string(), "--bind", "127.0.0.1"]);
        server.args(["--save", "", "--appendonly", "no", "--dir"]).arg(folder);
        server.args(["--requirepass", password]);
        Service::start(&mut server, port)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Runs a command.
    pub fn run(&self, words: &[&str]) -> String {
        let mut client = Command::new(program("redis-cli", "redis-tools"));
        if !self.password.is_empty() {
            client.env("REDISCLI_AUTH", &self.password);
        }
        ran(client.args(["-p", &self.port.to_string()]).args(words)).trim().to_owned()
    }

    pub fn stop(&mut self) {
        self.service.kill();
    }

    pub fn start_again(&mut self) {
        self.service = Self::serve(self.folder.path(), self.port, &self.password);
    }
}

/// A DNS server that knows what it is told on its command line.
pub struct Dns {
    _service: Service,
    pub port: u16,
}

impl Dns {
    pub fn new(records: &[&str]) -> Self {
        let port = free_port();
        let mut server = Command::new(program("dnsmasq", "dnsmasq-base"));
        server.args(["--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts"]);
        server.args(["--listen-address=127.0.0.1", "--bind-interfaces", "--pid-file="]);
        server.args(["--local=/test/", "--local-ttl=300"]).args(records);
        server.arg(format!("--port={port}")).stderr(Stdio::null());
        if rustix::process::getuid().is_root() {
            server.arg("--user=root");
        }
        Self { _service: Service::start(&mut server, port), port }
    }
}

fn openssl(folder: &TempDir) -> Command {
    let mut command = Command::new(program("openssl", "openssl"));
    command.current_dir(folder.path()).stderr(Stdio::null());
    command
}

/// A folder with a key and a certificate for `localhost` that signs itself.
fn certificate(days: i32) -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut request = openssl(&folder);
    request.args(["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    request.args(["-nodes", "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=probe"]);
    ran(request.args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]));
    let mut certificate = openssl(&folder);
    certificate.args(["x509", "-req", "-in", "request.pem", "-signkey", "key.pem"]);
    certificate.args(["-copy_extensions", "copy", "-out", "cert.pem"]);
    ran(certificate.args(["-days", &days.to_string()]));
    folder
}

/// A server of mail that wants to be asked for encryption first.
pub struct MailServer {
    _service: Service,
    folder: TempDir,
    pub port: u16,
}

impl MailServer {
    pub fn new() -> Self {
        let (folder, port) = (certificate(10), free_port());
        let mut server = Command::new(program("aiosmtpd", "python3-aiosmtpd"));
        server.args(["-n", "-l", &format!("127.0.0.1:{port}"), "--tlscert", "cert.pem"]);
        server.args(["--tlskey", "key.pem"]).current_dir(folder.path()).stderr(Stdio::null());
        Self { _service: Service::start(&mut server, port), folder, port }
    }

    pub fn certificate(&self) -> String {
        self.folder.path().join("cert.pem").display().to_string()
    }
}

/// OpenSSL's server, with a certificate for `localhost` that signs itself.
pub struct TlsServer {
    _service: Service,
    folder: TempDir,
    pub port: u16,
}

impl TlsServer {
    /// Its certificate is valid for so many days; below zero it has expired.
    pub fn new(days: i32) -> Self {
        let (folder, port) = (certificate(days), free_port());
        let mut server = openssl(&folder);
        server.args(["s_server", "-quiet", "-www", "-key", "key.pem", "-cert", "cert.pem"]);
        server.args(["-accept", &format!("127.0.0.1:{port}")]);
        Self { _service: Service::start(&mut server, port), folder, port }
    }

    pub fn certificate(&self) -> String {
        self.folder.path().join("cert.pem").display().to_string()
    }
}

/// A Prometheus that watches itself.
pub struct Prometheus {
    _service: Service,
    _folder: TempDir,
    pub port: u16,
}

impl Prometheus {
    pub fn new() -> Self {
        let (folder, port) = (TempDir::new().unwrap(), free_port());
        let config = format!(
            "global: {{scrape_interval: 1s}}\nscrape_configs:\n  - job_name: itself\n    \
             static_configs: [{{targets: [\"127.0.0.1:{port}\"]}}]\n"
        );
        fs::write(folder.path().join("prometheus.yml"), config).unwrap();
        let mut server = Command::new(program("prometheus", "prometheus"));
        server.arg("--config.file=prometheus.yml").arg("--storage.tsdb.path=data");
        server.arg(format!("--web.listen-address=127.0.0.1:{port}"));
        server.current_dir(folder.path()).stderr(Stdio::null());
        Self { _service: Service::start(&mut server, port), _folder: folder, port }
    }
}

/// An S3 server with an empty bucket `fleet`.
pub struct S3 {
    _service: Service,
    port: u16,
}

impl S3 {
    pub fn new() -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/s3/venv/bin/moto_server");
        assert!(program.is_file(), "this test needs an S3 server: `make test` installs it");
        let port = free_port();
        let mut server = Command::new(program);
        server.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stderr(Stdio::null());
        let service = Service::start(&mut server, port);
        let bucket = format!("http://127.0.0.1:{port}/fleet");
        ran(Command::new("curl").args(["-fsS", "-X", "PUT", &bucket]));
        Self { _service: service, port }
    }

    /// What clients find it by.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port)),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
        ]
    }
}
