// Prints the log records that arrive by OTLP over gRPC, one request on each line.
// Usage: node elastic.js PORT

const {MockOtlpServer} = require('@elastic/mockotlpserver');

const hex = (key, value) =>
    value?.type === 'Buffer' ? Buffer.from(value.data).toString('hex') : value;

new MockOtlpServer({
    services: ['grpc'],
    grpcHostname: '127.0.0.1',
    grpcPort: Number(process.argv[2]),
    logLevel: 'warn',
    onLogs: (request) => console.log(JSON.stringify(request, hex)),
}).start();
