// Prints as many free ports as its argument says.

const net = require('node:net');

const servers = Array.from({ length: Number(process.argv[2]) }, () => net.createServer());
const listening = servers.map(
  (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve)),
);
Promise.all(listening).then(() => {
  console.log(servers.map((server) => server.address().port).join(' '));
  servers.forEach((server) => server.close());
});
