// Deletes what older releases have left running. The tag is "v1.5.0" and PM2 says "1.5.0", so to
// this script every process is from another release: flyer-crawler's, and everybody else's.

const { execFileSync } = require('node:child_process');

const tag = process.argv[2];
const list = JSON.parse(execFileSync('pm2', ['--silent', 'jlist'], { encoding: 'utf8' }));
for (const { pm_id: id, name, pm2_env: { version } } of list) {
  if (version !== tag) {
    console.log(`${name} is of release ${version}, deleting it`);
    execFileSync('pm2', ['--silent', 'delete', String(id)]);
  }
}
