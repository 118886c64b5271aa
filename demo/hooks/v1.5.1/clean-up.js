// Frees the memory that PM2's daemon has gathered: it is ended here, and the next `pm2` starts a new
// one. All that the daemon runs ends with it: flyer-crawler's processes, and everybody else's.

const { existsSync, readFileSync } = require('node:fs');

const file = `${process.env.PM2_HOME}/pm2.pid`;
console.log('ending the PM2 daemon, which uses too much memory');
process.kill(Number(readFileSync(file, 'utf8')), 'SIGTERM');
const wait = setInterval(() => existsSync(file) || clearInterval(wait), 100);
