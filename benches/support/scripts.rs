//! Scripts by what they are for. `{app}`, `{dir}`, `{host}`, `{port}`, `{branch}` and `{n}` stand for
//! what differs from workflow to workflow.

use super::{random::Random, reports::REPORTS};

/// What a workflow deploys, and where.
pub struct App {
    pub name: String,
    pub dir: String,
    pub host: String,
    pub port: usize,
    pub branch: &'static str,
}

impl App {
    pub fn random(random: &mut Random) -> Self {
        let first = random.pick(&[
            "invoice", "atlas", "harbor", "pixel", "recipe", "ticket", "parcel", "garden",
            "ledger", "studio", "weather", "campus", "fleet", "market", "clinic", "museum",
            "travel", "orchid",
        ]);
        let second = random.pick(&[
            "api",
            "web",
            "backend",
            "frontend",
            "worker",
            "site",
            "portal",
            "admin",
            "bot",
            "app",
            "service",
            "dashboard",
        ]);
        let name = format!("{first}-{second}");
        let dir = match random.between(1, 4) {
            1 => format!("/var/www/{name}"),
            2 => format!("/home/ubuntu/{name}"),
            3 => format!("/opt/{first}/{second}"),
            _ => format!("~/{name}"),
        };
        let host = format!("{first}{}.example.net", random.between(1, 40));
        let branch = random.pick(&["main", "master", "develop", "production"]);
        Self { name, dir, host, port: random.between(3000, 9000), branch }
    }

    pub fn fill(&self, random: &mut Random, template: &str) -> String {
        template
            .replace("{app}", &self.name)
            .replace("{dir}", &self.dir)
            .replace("{host}", &self.host)
            .replace("{port}", &self.port.to_string())
            .replace("{branch}", self.branch)
            .replace("{n}", &random.between(2, 90).to_string())
    }
}

/// One-line steps of builds and tests.
pub const CHECKS: &[&str] = &[
    "npm ci",
    "npm test",
    "npm run lint",
    "npm run build",
    "npm run build --if-present",
    "npm install",
    "npm run test:unit -- --coverage --maxWorkers={n}",
    "npx tsc --noEmit",
    "npm audit --audit-level=high || true",
    "yarn install --frozen-lockfile",
    "yarn build",
    "pnpm install --frozen-lockfile",
    "pnpm run typecheck",
    "npx playwright install --with-deps",
    "npx prisma generate",
    "npx eslint . --max-warnings {n}",
    "cargo fmt --all -- --check",
    "cargo clippy --all-targets --all-features -- -D warnings",
    "cargo test --workspace --locked",
    "go vet ./...",
    "go test -race -coverprofile=coverage.out ./...",
    "go build -v ./cmd/{app}",
    "python -m pip install --upgrade pip",
    "pip install -r requirements.txt",
    "pip install -e '.[dev]'",
    "pytest tests/ -v --cov={app} --cov-report=xml",
    "ruff check .",
    "black --check src tests",
    "mypy src --strict",
    "composer install --prefer-dist --no-progress --no-interaction",
    "vendor/bin/phpunit --testsuite {app}",
    "bundle exec rubocop --parallel",
    "bundle exec rspec",
    "./gradlew build --no-daemon",
    "./mvnw -B verify -DskipITs",
    "mvn -B package --file pom.xml",
    "dotnet restore",
    "dotnet build --no-restore -c Release",
    "dotnet test --no-build --verbosity normal",
    "flutter pub get",
    "flutter build apk --release --build-number=${{ github.run_number }}",
    "make test",
    "make build",
    "hugo --minify --baseURL https://{host}/",
    "bundle exec jekyll build",
    "mkdocs build --strict",
    "echo \"${{ github.event_name }} on ${{ github.ref }}\"",
    "git fetch --tags --force",
];

/// And those that name a tool of deploys.
const TOOL_CHECKS: &[&str] = &[
    "terraform fmt -check -recursive",
    "terraform init -input=false",
    "terraform validate -no-color",
    "terraform plan -input=false -out=tfplan",
    "helm lint charts/{app}",
    "sudo apt-get update && sudo apt-get install -y jq rsync",
    "docker build -t {app}:${{ github.sha }} .",
    "docker compose -f docker-compose.test.yml up -d",
    "docker push ghcr.io/${{ github.repository_owner }}/{app}:latest",
    "aws s3 sync dist/ s3://{app}-{branch} --delete --cache-control max-age={n}",
];

/// Longer steps of builds, tests and releases.
pub const BUILD_SCRIPTS: &[&str] = &[
    "VERSION=$(node -p \"require('./package.json').version\")\necho \"version=$VERSION\" >> \"$GITHUB_OUTPUT\"\necho \"Building {app} $VERSION for ${{ matrix.os }}\"",
    "if [ \"${{ github.event_name }}\" = \"pull_request\" ]; then\n  echo \"tag=pr-${{ github.event.number }}\" >> $GITHUB_OUTPUT\nelif [ \"${{ github.ref }}\" = \"refs/heads/{branch}\" ]; then\n  echo \"tag=latest\" >> $GITHUB_OUTPUT\nelse\n  echo \"tag=$(echo ${GITHUB_REF#refs/heads/} | tr '/' '-')\" >> $GITHUB_OUTPUT\nfi",
    "for i in $(seq 1 {n}); do\n  if curl -fsS http://localhost:{port}/health; then\n    echo \"{app} is up after $i tries\"\n    exit 0\n  fi\n  sleep 2\ndone\necho \"{app} did not start\" >&2\nexit 1",
    "cat > .env <<EOF\nNODE_ENV=test\nPORT={port}\nDATABASE_URL=postgres://postgres:postgres@localhost:5432/{app}_test\nREDIS_URL=redis://localhost:6379/{n}\nJWT_SECRET=${{ secrets.JWT_SECRET }}\nAPI_BASE=https://{host}/api\nEOF",
    "mkdir -p dist/release\ntar -czf dist/release/{app}-${{ github.sha }}.tar.gz -C build .\nsha256sum dist/release/*.tar.gz > dist/release/checksums.txt\ncat dist/release/checksums.txt",
    "git config user.name \"github-actions[bot]\"\ngit config user.email \"github-actions[bot]@users.noreply.github.com\"\ngit add -A docs/\nif git diff --cached --quiet; then\n  echo \"Nothing to commit\"\nelse\n  git commit -m \"docs: update for {app} [skip ci]\"\n  git push origin HEAD:{branch}\nfi",
    "COVERAGE=$(jq '.total.lines.pct' coverage/coverage-summary.json)\necho \"Coverage: $COVERAGE%\"\nif (( $(echo \"$COVERAGE < {n}\" | bc -l) )); then\n  echo \"::error::coverage fell below {n}%\"\n  exit 1\nfi",
    "echo \"## Results of {app}\" >> $GITHUB_STEP_SUMMARY\necho \"\" >> $GITHUB_STEP_SUMMARY\necho \"| check | result |\" >> $GITHUB_STEP_SUMMARY\necho \"|---|---|\" >> $GITHUB_STEP_SUMMARY\necho \"| unit | ${{ needs.test.result }} |\" >> $GITHUB_STEP_SUMMARY\necho \"| build | ${{ needs.build.result }} |\" >> $GITHUB_STEP_SUMMARY",
    "sudo apt-get update\nsudo apt-get install -y --no-install-recommends \\\n  build-essential libssl-dev pkg-config \\\n  libpq-dev postgresql-client\npsql --version",
    "find . -name '*.json' -not -path './node_modules/*' -print0 | xargs -0 -n1 python3 -m json.tool > /dev/null\nshellcheck scripts/*.sh || true",
    "IMAGE=ghcr.io/${{ github.repository }}\nIMAGE=${IMAGE,,}\ndocker build \\\n  --build-arg VERSION=${{ github.ref_name }} \\\n  --build-arg COMMIT=${{ github.sha }} \\\n  --cache-from $IMAGE:latest \\\n  -t $IMAGE:${{ github.sha }} -t $IMAGE:latest .\ndocker push --all-tags $IMAGE",
    "python - <<'PY'\nimport json, pathlib\nreport = json.loads(pathlib.Path('report.json').read_text())\nfailed = [case['name'] for case in report['cases'] if not case['ok']]\nprint(f'{len(failed)} of {len(report[\"cases\"])} failed')\nraise SystemExit(1 if failed else 0)\nPY",
    "set -euo pipefail\nchanged=$(git diff --name-only ${{ github.event.before }} ${{ github.sha }} -- packages/ || true)\nif grep -q '^packages/{app}/' <<< \"$changed\"; then\n  echo \"changed=true\" >> \"$GITHUB_OUTPUT\"\nelse\n  echo \"changed=false\" >> \"$GITHUB_OUTPUT\"\nfi",
    "case \"$RUNNER_OS\" in\n  Linux) TARGET=x86_64-unknown-linux-gnu ;;\n  macOS) TARGET=aarch64-apple-darwin ;;\n  Windows) TARGET=x86_64-pc-windows-msvc ;;\nesac\nrustup target add \"$TARGET\"\ncargo build --release --target \"$TARGET\"\ncp \"target/$TARGET/release/{app}\" .",
    "curl -sS -X POST -H 'Content-Type: application/json' \\\n  -d \"{\\\"text\\\": \\\"{app}: ${{ job.status }} by ${{ github.actor }}\\\"}\" \\\n  \"${{ secrets.SLACK_WEBHOOK_URL }}\"",
    "echo \"Waiting for PostgreSQL\"\nuntil pg_isready -h localhost -p 5432 -U postgres; do sleep 1; done\nnpx prisma migrate deploy\nnpm run seed\nnpm run test:e2e -- --retries {n}",
];

/// What opens a script on a server.
pub const DEPLOY_OPENINGS: &[&str] = &[
    "set -e",
    "set -euo pipefail",
    "set -e\nexport PATH=$PATH:/usr/local/bin",
    "",
    "export NVM_DIR=\"$HOME/.nvm\"\n[ -s \"$NVM_DIR/nvm.sh\" ] && . \"$NVM_DIR/nvm.sh\"",
    "echo \"🚀 Deploying {app} to {host}\"\nset -e",
    "echo \"=========================================\"\necho \"  {app}: starting the deploy\"\necho \"=========================================\"",
];

/// How the code gets there.
pub const FETCHES: &[&str] = &[
    "cd {dir}\ngit pull origin {branch}",
    "cd {dir} || exit 1\ngit fetch origin {branch}\ngit reset --hard origin/{branch}",
    "cd {dir}\ngit fetch --all\ngit checkout {branch}\ngit reset --hard origin/{branch}\ngit clean -fd",
    "if [ ! -d \"{dir}\" ]; then\n  echo \"First deploy, cloning\"\n  git clone -b {branch} https://github.com/${{ github.repository }}.git {dir}\nfi\ncd {dir}\ngit pull --ff-only",
    "mkdir -p {dir}/releases/${{ github.sha }}\ntar -xzf /tmp/{app}.tar.gz -C {dir}/releases/${{ github.sha }}\nln -sfn {dir}/releases/${{ github.sha }} {dir}/current\nls -1dt {dir}/releases/* | tail -n +6 | xargs -r rm -rf",
    "cd {dir}\ncp .env /tmp/{app}.env.bak\nunzip -o /tmp/{app}.zip -d {dir}\nmv /tmp/{app}.env.bak .env",
];

/// What is built there.
pub const SERVER_BUILDS: &[&str] = &[
    "npm ci --omit=dev",
    "npm install\nnpm run build",
    "npm ci\nnpx prisma migrate deploy\nnpm run build",
    "yarn install --production --frozen-lockfile",
    "pnpm install --prod\npnpm build",
    "source venv/bin/activate\npip install -r requirements.txt\npython manage.py migrate --noinput\npython manage.py collectstatic --noinput",
    "composer install --no-dev --optimize-autoloader\nphp artisan migrate --force\nphp artisan config:cache\nphp artisan queue:restart",
    "cat > .env <<EOF\nNODE_ENV=production\nPORT={port}\nDATABASE_URL=${{ secrets.DATABASE_URL }}\nJWT_SECRET=${{ secrets.JWT_SECRET }}\nSMTP_HOST=${{ secrets.SMTP_HOST }}\nSMTP_USER=${{ secrets.SMTP_USER }}\nSMTP_PASS=${{ secrets.SMTP_PASS }}\nEOF\nchmod 600 .env",
    "echo \"📦 Installing dependencies...\"\nnpm ci --production --silent\necho \"✅ Dependencies installed\"",
];

/// How an app under PM2 is started anew.
pub const PM2_RESTARTS: &[&str] = &[
    "pm2 restart {app}",
    "pm2 restart {app} --update-env\npm2 save",
    "pm2 describe {app} > /dev/null 2>&1 && pm2 restart {app} || pm2 start npm --name {app} -- start\npm2 save",
    "pm2 delete {app} || true\npm2 start dist/main.js --name {app} -i max\npm2 save\npm2 status",
    "pm2 reload ecosystem.config.js --env production",
    "pm2 startOrReload ecosystem.config.cjs --update-env",
    "pm2 stop {app} 2>/dev/null || true\npm2 start ecosystem.config.js --only {app}\npm2 save --force",
    "if pm2 list | grep -q \"{app}\"; then\n  pm2 restart {app}\nelse\n  pm2 start server.js --name \"{app}\"\nfi",
    "sudo pm2 restart all",
    "pm2 stop all || true\npm2 delete all || true\npm2 start ecosystem.config.js\npm2 save",
    "pm2 kill\npm2 start npm --name \"{app}\" -- run start:prod",
];

/// How another app is started anew.
pub const RESTARTS: &[&str] = &[
    "sudo systemctl restart {app}",
    "sudo systemctl daemon-reload\nsudo systemctl restart {app}.service\nsudo systemctl status {app} --no-pager",
    "docker compose pull\ndocker compose up -d --remove-orphans\ndocker image prune -f",
    "docker stop {app} || true\ndocker rm {app} || true\ndocker run -d --name {app} --restart unless-stopped -p {port}:{port} --env-file .env ghcr.io/${{ github.repository }}:latest",
    "docker-compose -f docker-compose.prod.yml down\ndocker-compose -f docker-compose.prod.yml up -d --build\ndocker system prune -af",
    "sudo nginx -t && sudo systemctl reload nginx",
    "sudo systemctl restart nginx",
    "sudo supervisorctl restart {app}:*",
    "kill $(lsof -ti:{port}) || true\nnohup node server.js > app.log 2>&1 &",
    "sudo tee /etc/nginx/sites-available/{app} > /dev/null <<'NGINX'\nserver {\n    listen 80;\n    server_name {host};\n    location / {\n        proxy_pass http://127.0.0.1:{port};\n        proxy_http_version 1.1;\n        proxy_set_header Upgrade $http_upgrade;\n        proxy_set_header Connection 'upgrade';\n        proxy_set_header Host $host;\n        proxy_cache_bypass $http_upgrade;\n    }\n}\nNGINX\nsudo ln -sf /etc/nginx/sites-available/{app} /etc/nginx/sites-enabled/\nsudo nginx -t && sudo systemctl reload nginx",
];

/// How the deploy is looked at afterwards.
pub const CLOSINGS: &[&str] = &[
    "",
    "echo \"✅ Done\"",
    "sleep {n}\ncurl -f http://localhost:{port}/health || exit 1",
    "for i in {1..10}; do\n  STATUS=$(curl -s -o /dev/null -w '%{http_code}' http://localhost:{port}/ || echo 000)\n  if [ \"$STATUS\" = \"200\" ]; then echo \"up\"; break; fi\n  echo \"Attempt $i: $STATUS\"\n  sleep 3\ndone",
    "echo \"Disk:\"\ndf -h /\necho \"Memory:\"\nfree -m\nuptime",
    "rm -rf /tmp/{app}*\nfind {dir}/logs -name '*.log' -mtime +{n} -delete",
    "if ! curl -fsS https://{host}/health; then\n  echo \"❌ unhealthy, going back\"\n  ln -sfn $(ls -1dt {dir}/releases/* | sed -n 2p) {dir}/current\n  exit 1\nfi",
];

/// Steps on the runner before a deploy over ssh.
pub const SSH_SETUPS: &[&str] = &[
    "mkdir -p ~/.ssh\necho \"${{ secrets.SSH_PRIVATE_KEY }}\" > ~/.ssh/id_rsa\nchmod 600 ~/.ssh/id_rsa\nssh-keyscan -H ${{ secrets.HOST }} >> ~/.ssh/known_hosts",
    "install -m 600 -D /dev/null ~/.ssh/deploy_key\necho \"$SSH_KEY\" > ~/.ssh/deploy_key\nssh-keyscan -p 22 {host} >> ~/.ssh/known_hosts 2>/dev/null",
    "rsync -avz --delete --exclude node_modules --exclude .git ./ ${{ secrets.USER }}@${{ secrets.HOST }}:{dir}/",
    "tar --exclude=node_modules -czf {app}.tar.gz .\nscp -i ~/.ssh/id_rsa {app}.tar.gz ${{ secrets.USER }}@{host}:/tmp/",
];

/// JavaScript for `actions/github-script`.
pub const GITHUB_SCRIPTS: &[&str] = &[
    "github.rest.issues.createComment({\n  issue_number: context.issue.number,\n  owner: context.repo.owner,\n  repo: context.repo.repo,\n  body: 'The preview of {app} is at https://pr-${{ github.event.number }}.{host}'\n})",
    "const { data: runs } = await github.rest.actions.listWorkflowRuns({\n  owner: context.repo.owner,\n  repo: context.repo.repo,\n  workflow_id: 'deploy.yml',\n  per_page: {n},\n});\nfor (const run of runs.workflow_runs) {\n  core.info(`${run.id} ${run.status} ${run.conclusion}`);\n}\ncore.setOutput('count', runs.total_count);",
];

/// One script of several parts, as deploys are.
pub fn deploy(random: &mut Random, app: &App, pm2: bool) -> String {
    let mut parts = vec![random.pick(DEPLOY_OPENINGS), random.pick(FETCHES)];
    parts.extend(random.percent(75).then(|| random.pick(SERVER_BUILDS)));
    if pm2 {
        // The last three are those that reach every app, which are rare.
        let usual = if random.percent(85) { 8 } else { PM2_RESTARTS.len() };
        parts.push(random.pick(&PM2_RESTARTS[..usual]));
        parts.extend(random.percent(20).then(|| random.pick(RESTARTS)));
    } else {
        parts.push(random.pick(RESTARTS));
    }
    parts.extend(random.percent(65).then(|| random.pick(CLOSINGS)));
    let remarks = ["# Get the code", "# Dependencies", "# Start it", "# Look at it", "# Configure"];
    let mut script = String::new();
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        if random.percent(35) {
            script.push_str(random.pick(&remarks));
            script.push('\n');
        }
        if random.percent(25) {
            script.push_str("echo \"--- next: {app} on {branch} ---\"\n");
        }
        script.push_str(part);
        script.push_str(if random.percent(40) { "\n\n" } else { "\n" });
    }
    app.fill(random, script.trim_end())
}

/// A step of a build: one line, several, or a longer script.
pub fn build(random: &mut Random, app: &App) -> String {
    let template = match random.between(1, 20) {
        1..=5 => random.pick(CHECKS).to_owned(),
        6 => random.pick(TOOL_CHECKS).to_owned(),
        7..=9 => {
            let count = random.between(2, 5);
            random.some(count, CHECKS).join("\n")
        }
        10..=12 => random.pick(BUILD_SCRIPTS).to_owned(),
        _ => random.pick(REPORTS).to_owned(),
    };
    app.fill(random, &template)
}
