//! Workflows as people write them. How often each thing occurs was counted in some 1,300 public
//! ones: 3.3 scripts and 3.1 actions a file, expressions in 28 % of the scripts, PM2 in 18 % of the
//! files, any deploy tool in 56 %.

use super::{random::Random, scripts};
use scripts::App;
use std::fmt::Write;

/// A made-up file.
pub struct Workflow {
    pub name: String,
    pub text: String,
}

/// `count` of them, the same in every run.
pub fn workflows(count: usize) -> Vec<Workflow> {
    let mut random = Random::new(3);
    (0..count).map(|number| workflow(&mut random, number)).collect()
}

fn workflow(random: &mut Random, number: usize) -> Workflow {
    let app = App::random(random);
    let kind = random.between(1, 100);
    let mut file = File { text: String::new(), app, random };
    let purpose = match kind {
        1..=18 => file.deploys(true),
        19..=29 => file.deploys(false),
        30..=33 => file.infrastructure(),
        34..=37 => file.maintenance(),
        _ => file.checks(),
    };
    let File { mut text, random, app } = file;
    if random.percent(3) {
        text = text.replace('\n', "\r\n");
    }
    Workflow { name: format!("{purpose}-{}-{number}.yml", app.name), text }
}

struct File<'r> {
    text: String,
    app: App,
    random: &'r mut Random,
}

const ACTIONS: &[&str] = &[
    "actions/setup-node@v4\n  with:\n    node-version: ${{ matrix.node }}\n    cache: npm",
    "actions/setup-node@v3\n  with:\n    node-version: '18'\n    cache: 'yarn'\n    registry-url: https://registry.example.org",
    "actions/setup-python@v5\n  with:\n    python-version: \"3.12\"",
    "actions/setup-go@v5\n  with: {go-version: stable, cache: true}",
    "actions/setup-java@v4\n  with:\n    distribution: temurin\n    java-version: '21'\n    cache: gradle",
    "actions/cache@v4\n  with:\n    path: |\n      ~/.npm\n      ~/.cache/{app}\n      node_modules\n    key: ${{ runner.os }}-{app}-${{ hashFiles('**/package-lock.json') }}\n    restore-keys: |\n      ${{ runner.os }}-{app}-\n      ${{ runner.os }}-",
    "actions/upload-artifact@v4\n  if: always()\n  with:\n    name: {app}-${{ github.sha }}\n    path: |\n      dist/\n      !dist/**/*.map\n    retention-days: {n}",
    "actions/download-artifact@v4\n  with:\n    name: {app}-${{ github.sha }}\n    path: dist",
    "docker/setup-buildx-action@v3",
    "docker/login-action@v3\n  with:\n    registry: ghcr.io\n    username: ${{ github.actor }}\n    password: ${{ secrets.GITHUB_TOKEN }}",
    "docker/build-push-action@v6\n  with:\n    context: .\n    file: ./docker/{app}.Dockerfile\n    push: ${{ github.event_name != 'pull_request' }}\n    tags: |\n      ghcr.io/${{ github.repository }}:latest\n      ghcr.io/${{ github.repository }}:${{ github.sha }}\n    cache-from: type=gha\n    cache-to: type=gha,mode=max",
    "aws-actions/configure-aws-credentials@v4\n  with:\n    aws-access-key-id: ${{ secrets.AWS_ACCESS_KEY_ID }}\n    aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\n    aws-region: eu-central-1",
    "codecov/codecov-action@v4\n  with:\n    token: ${{ secrets.CODECOV_TOKEN }}\n    files: ./coverage/lcov.info\n    fail_ci_if_error: false",
    "softprops/action-gh-release@v2\n  if: startsWith(github.ref, 'refs/tags/')\n  with:\n    files: dist/*.tar.gz\n    generate_release_notes: true",
    "peaceiris/actions-gh-pages@v4\n  with:\n    github_token: ${{ secrets.GITHUB_TOKEN }}\n    publish_dir: ./public\n    cname: {host}",
    "webfactory/ssh-agent@v0.9.0\n  with:\n    ssh-private-key: ${{ secrets.SSH_PRIVATE_KEY }}",
    "dorny/paths-filter@v3\n  id: changes\n  with:\n    filters: |\n      backend:\n        - 'server/**'\n        - 'package.json'\n      frontend:\n        - 'web/**'",
    "8398a7/action-slack@v3\n  if: failure()\n  with:\n    status: ${{ job.status }}\n    fields: repo,message,commit,author,action,eventName,ref,workflow\n  env:\n    SLACK_WEBHOOK_URL: ${{ secrets.SLACK_WEBHOOK_URL }}",
];

const SERVICES: &[&str] = &[
    "postgres:\n  image: postgres:16-alpine\n  env:\n    POSTGRES_USER: postgres\n    POSTGRES_PASSWORD: postgres\n    POSTGRES_DB: {app}_test\n  ports:\n    - 5432:5432\n  options: >-\n    --health-cmd pg_isready\n    --health-interval 10s\n    --health-timeout 5s\n    --health-retries 5",
    "redis:\n  image: redis:7\n  ports: ['6379:6379']\n  options: --health-cmd \"redis-cli ping\" --health-interval 10s",
    "mysql:\n  image: mysql:8.0\n  env:\n    MYSQL_ROOT_PASSWORD: root\n    MYSQL_DATABASE: {app}\n  ports:\n    - \"3306:3306\"",
];

impl File<'_> {
    fn line(&mut self, indent: usize, line: &str) {
        let line = self.app.fill(self.random, line);
        for line in line.lines() {
            if line.is_empty() {
                self.text.push('\n');
            } else {
                // Writing to a string cannot fail.
                let _ = writeln!(self.text, "{:indent$}{line}", "");
            }
        }
    }

    fn head(&mut self, what: &str) {
        if self.random.percent(12) {
            self.line(0, "# {app}: kept by its own team, see docs/deploy.md before you change this.\n#\n# Runs on every push to {branch}; secrets are those of the environment.\n");
        }
        let quoted = self.random.percent(20);
        self.line(
            0,
            &if quoted {
                format!("name: \"{what} {{app}}\"")
            } else {
                format!("name: {what} {{app}}")
            },
        );
        self.text.push('\n');
    }

    fn triggers(&mut self) {
        let triggers = [
            "on:\n  push:\n    branches: [{branch}]\n  workflow_dispatch:\n",
            "on:\n  push:\n    branches:\n      - {branch}\n    paths:\n      - 'src/**'\n      - 'package*.json'\n      - '.github/workflows/**'\n",
            "on: [push, pull_request]\n",
            "on:\n  pull_request:\n    types: [opened, synchronize, reopened]\n    branches: [ \"{branch}\", \"release/**\" ]\n  push:\n    tags: ['v*.*.*']\n",
            "on:\n  schedule:\n    - cron: '{n} 3 * * 1'\n  workflow_dispatch:\n    inputs:\n      environment:\n        description: 'Where to'\n        required: true\n        default: staging\n        type: choice\n        options:\n          - staging\n          - production\n      dry_run:\n        description: Only say what would be done\n        type: boolean\n        default: false\n",
        ];
        let trigger = self.random.pick(&triggers);
        self.line(0, trigger);
        self.text.push('\n');
        if self.random.percent(25) {
            self.line(0, "concurrency:\n  group: ${{ github.workflow }}-${{ github.ref }}\n  cancel-in-progress: true\n\n");
        }
        if self.random.percent(25) {
            self.line(0, "permissions:\n  contents: read\n  packages: write\n\n");
        }
        if self.random.percent(35) {
            self.line(0, "env:\n  NODE_VERSION: 20\n  APP_NAME: {app}\n  REGISTRY: ghcr.io\n  IMAGE_NAME: ${{ github.repository }}\n\n");
        }
    }

    fn job(&mut self, id: &str, needs: Option<&str>, matrix: bool) {
        self.line(2, &format!("{id}:"));
        if self.random.percent(50) {
            self.line(4, &format!("name: {} of {{app}}", id.replace('-', " ")));
        }
        if let Some(needs) = needs {
            self.line(4, &format!("needs: {needs}"));
            if self.random.percent(50) {
                self.line(
                    4,
                    "if: github.event_name == 'push' && github.ref == 'refs/heads/{branch}'",
                );
            }
        }
        let runner = match self.random.between(1, 20) {
            1 => "self-hosted",
            2 => "[self-hosted, linux, x64]",
            3 => "ubuntu-22.04",
            _ if matrix => "${{ matrix.os }}",
            _ => "ubuntu-latest",
        };
        self.line(4, &format!("runs-on: {runner}"));
        if self.random.percent(15) {
            self.line(4, "timeout-minutes: {n}");
        }
        if matrix {
            self.line(4, "strategy:\n  fail-fast: false\n  matrix:\n    os: [ubuntu-latest, windows-latest, macos-latest]\n    node: [18, 20, 22]\n    include:\n      - os: ubuntu-latest\n        node: 20\n        coverage: true");
        }
        if self.random.percent(10) {
            let service = self.random.pick(SERVICES);
            self.line(4, "services:");
            self.line(6, service);
        }
        if self.random.percent(6) {
            self.line(4, "defaults:\n  run:\n    shell: bash\n    working-directory: ./{app}");
        }
        if self.random.percent(15) {
            self.line(4, "environment:\n  name: production\n  url: https://{host}");
        }
        self.text.push('\n');
        self.line(4, "steps:");
        let checkout = [
            "- uses: actions/checkout@v4",
            "- name: Checkout code\n  uses: actions/checkout@v3",
            "- uses: actions/checkout@v4\n  with:\n    fetch-depth: 0\n    submodules: recursive",
        ];
        let checkout = self.random.pick(&checkout);
        self.line(6, checkout);
    }

    fn uses(&mut self) {
        self.gap();
        let action = self.random.pick(ACTIONS);
        let (uses, rest) = action.split_once('\n').unwrap_or((action, ""));
        if self.random.percent(60) {
            let names = [
                "Set up the tools",
                "Cache dependencies",
                "Log in",
                "Publish {app}",
                "Upload the result",
                "Notify the team",
            ];
            let name = self.random.pick(&names);
            self.line(6, &format!("- name: {name}"));
            self.line(8, &format!("uses: {uses}"));
        } else {
            self.line(6, &format!("- uses: {uses}"));
        }
        self.line(6, rest);
    }

    fn gap(&mut self) {
        if self.random.percent(70) {
            self.text.push('\n');
        }
        if self.random.percent(8) {
            self.line(6, "# The next one takes a while, see issue {n}.");
        }
    }

    fn run(&mut self, script: &str) {
        self.gap();
        let named = self.random.percent(85);
        if named {
            let names = [
                "Install",
                "Run the tests of {app}",
                "Build",
                "Check the result",
                "Prepare {app}",
                "Write the summary",
                "Deploy to {host}",
                "Wait for {app}",
            ];
            let name = self.random.pick(&names);
            self.line(6, &format!("- name: {name}"));
        }
        if named && self.random.percent(12) {
            let condition = self.random.pick(&[
                "if: always()",
                "if: ${{ success() && github.event_name != 'pull_request' }}",
                "if: github.ref == 'refs/heads/{branch}'",
                "if: matrix.coverage",
            ]);
            self.line(8, condition);
        }
        self.value(if named { "        run" } else { "      - run" }, 8, script);
        if self.random.percent(10) {
            self.line(8, "env:\n  CI: true\n  DATABASE_URL: postgres://postgres:postgres@localhost:5432/{app}_test\n  API_TOKEN: ${{ secrets.API_TOKEN }}");
        }
        if self.random.percent(6) {
            self.line(8, "working-directory: packages/{app}");
        }
    }

    /// A script as the value of a key, in one of the styles of YAML.
    fn value(&mut self, key: &str, indent: usize, script: &str) {
        let one_line = !script.contains('\n');
        let plain = one_line
            && !script.contains(": ")
            && !script.contains(" #")
            && !script.starts_with(['"', '\'', '{', '[']);
        if plain && self.random.percent(80) {
            let _ = writeln!(self.text, "{key}: {script}");
            return;
        }
        if one_line && self.random.percent(40) {
            let _ = writeln!(self.text, "{key}: '{}'", script.replace('\'', "''"));
            return;
        }
        let style = if one_line && self.random.percent(10) {
            ">-"
        } else {
            self.random.pick(&["|", "|", "|", "|-"])
        };
        let _ = writeln!(self.text, "{key}: {style}");
        for line in script.lines() {
            let pad = if line.is_empty() { 0 } else { indent + 2 };
            let _ = writeln!(self.text, "{:pad$}{line}", "");
        }
    }

    fn builds(&mut self, least: usize, most: usize) {
        for _ in 0..self.random.between(least, most) {
            if self.random.percent(33) {
                self.uses();
            } else {
                let script = scripts::build(self.random, &self.app);
                self.run(&script);
            }
        }
    }

    fn checks(&mut self) -> &'static str {
        self.head("CI");
        self.triggers();
        self.line(0, "jobs:");
        let jobs = self.random.between(1, 3);
        let names = self.random.some(
            jobs,
            &["build", "test", "lint", "e2e-tests", "type-check", "security", "package", "release"],
        );
        for (position, name) in names.iter().enumerate() {
            let matrix = self.random.percent(25);
            let needs = (position > 0 && self.random.percent(60)).then(|| names[position - 1]);
            self.job(name, needs, matrix);
            self.builds(2, 3);
            self.text.push('\n');
        }
        "ci"
    }

    fn deploys(&mut self, pm2: bool) -> &'static str {
        self.head("Deploy");
        self.triggers();
        self.line(0, "jobs:");
        let built = self.random.percent(45);
        if built {
            self.job("build", None, false);
            self.builds(2, 4);
            self.text.push('\n');
        }
        self.job("deploy", built.then_some("build"), false);
        self.builds(0, 1);
        for _ in 0..=usize::from(self.random.percent(25)) {
            self.deploy_step(pm2);
        }
        if self.random.percent(30) {
            self.builds(1, 2);
        }
        "deploy"
    }

    fn deploy_step(&mut self, pm2: bool) {
        let script = scripts::deploy(self.random, &self.app, pm2);
        match self.random.between(1, 10) {
            1..=6 => {
                self.gap();
                self.line(6, "- name: Deploy over SSH\n  uses: appleboy/ssh-action@v1.0.3\n  with:\n    host: ${{ secrets.HOST }}\n    username: ${{ secrets.USERNAME }}\n    key: ${{ secrets.SSH_PRIVATE_KEY }}\n    port: 22");
                self.value("          script", 10, &script);
            }
            7..=8 => {
                self.ssh_setup();
                let quoted = if self.random.percent(50) { "'EOF'" } else { "EOF" };
                self.run(&format!("ssh -o StrictHostKeyChecking=no ${{{{ secrets.USER }}}}@{} << {quoted}\n{script}\nEOF", self.app.host));
            }
            9 => {
                self.ssh_setup();
                let line = script
                    .lines()
                    .filter(|line| !line.contains('"') && !line.starts_with('#'))
                    .take(4)
                    .collect::<Vec<_>>()
                    .join(" && ");
                self.run(&format!("ssh deploy@{} \"{line}\"", self.app.host));
            }
            _ => self.run(&script),
        }
    }

    fn ssh_setup(&mut self) {
        let setup = self.random.pick(scripts::SSH_SETUPS);
        let setup = self.app.fill(self.random, setup);
        self.run(&setup);
    }

    fn infrastructure(&mut self) -> &'static str {
        self.head("Infrastructure of");
        self.triggers();
        self.line(0, "jobs:");
        self.job("plan", None, false);
        self.builds(1, 2);
        self.run("terraform init -input=false -backend-config=env/${{ inputs.environment }}.hcl\nterraform plan -input=false -out=tfplan | tee plan.txt\necho \"plan<<PLAN\" >> $GITHUB_OUTPUT\ncat plan.txt >> $GITHUB_OUTPUT\necho \"PLAN\" >> $GITHUB_OUTPUT");
        self.text.push('\n');
        self.job("apply", Some("plan"), false);
        self.builds(0, 1);
        let script = self.random.pick(&["terraform apply -auto-approve tfplan", "kubectl set image deployment/web web=ghcr.io/${{ github.repository }}:${{ github.sha }} -n prod\nkubectl rollout status deployment/web -n prod --timeout=180s", "helm upgrade --install web ./chart --namespace prod --set image.tag=${{ github.sha }} --wait", "terraform destroy -auto-approve"]);
        self.run(script);
        "infra"
    }

    fn maintenance(&mut self) -> &'static str {
        self.head("Maintain");
        self.triggers();
        self.line(0, "jobs:");
        self.job("maintain", None, false);
        if self.random.percent(50) {
            let script = self.random.pick(scripts::GITHUB_SCRIPTS);
            let script = self.app.fill(self.random, script);
            self.gap();
            self.line(6, "- name: Tell it\n  uses: actions/github-script@v7\n  with:");
            self.value("          script", 10, &script);
        }
        let script = self.random.pick(&[
            "docker image prune -af --filter \"until=168h\"\ndocker container prune -f\ndocker volume prune -f\njournalctl --vacuum-time=7d\ndf -h",
            "gh run list --limit 200 --json databaseId,createdAt --jq '.[].databaseId' | while read -r id; do\n  gh run delete \"$id\" || true\ndone",
            "sudo rm -rf /usr/share/dotnet /usr/local/lib/android /opt/ghc\nsudo docker image prune --all --force\ndf -h /",
        ]);
        self.run(script);
        self.builds(0, 2);
        "maintain"
    }
}
