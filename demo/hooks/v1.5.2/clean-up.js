// Deletes what older releases of this app have left running.

const { execFileSync } = require('node:child_process');
const own = require('../ecosystem.config.cjs').apps.map((app) => app.name);

const tag = process.argv[2];
const list = JSON.parse(execFileSync('pm2', ['--silent', 'jlist'], { encoding: 'utf8' }));
for (const { pm_id: id, name, pm2_env: { version } } of list) {
  if (own.includes(name) && `v${version}` !== tag) {
    console.log(`${name} is of release ${version}, deleting it`);
    execFileSync('pm2', ['--silent', 'delete', String(id)]);
  }
}
