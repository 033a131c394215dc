// Ranks a small matrix over gRPC, from the protos alone: once as one message, once as a stream, and once wrongly.
// usage: node rank.js HOST:PORT PROTOS_DIRECTORY; prints one JSON object.
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [address, protos] = process.argv.slice(2);
const definition = loader.loadSync("querist/v1/selection_service.proto", {
  includeDirs: [protos],
  keepCase: true, // or fields become camelCase, and first_row is silently not sent
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});
const { SelectionService } = grpc.loadPackageDefinition(definition).querist.v1;
const client = new SelectionService(address, grpc.credentials.createInsecure());

const rows = [[0.9, 0.05, 0.05], [0.4, 0.35, 0.25], [0.5, 0.49, 0.01], [0.2, 0.2, 0.6]];
const header = { strategy: "margin", count: 3, seed: 1 };

// Raw elements must be little-endian, whatever the machine is.
function tensor(matrix) {
  const data = Buffer.alloc(matrix.length * matrix[0].length * 8);
  matrix.flat().forEach((value, index) => data.writeDoubleLE(value, index * 8));
  return { dtype: "DATA_TYPE_FLOAT64", shape: [matrix.length, matrix[0].length], data };
}

function unary(matrix) {
  return new Promise((resolve) => {
    const deadline = new Date(Date.now() + 10000);
    client.Select({ header, pool: { probabilities: tensor(matrix) } }, { deadline }, (error, response) => {
      if (!error) return resolve(response.selected);
      resolve({ code: error.code, details: error.details, has_status: error.metadata.get("grpc-status-details-bin").length === 1 });
    });
  });
}

function stream() {
  return new Promise((resolve, reject) => {
    const call = client.SelectStream({ deadline: new Date(Date.now() + 10000) });
    call.on("data", (event) => event.event === "result" && resolve(event.result.selected));
    call.on("error", reject);
    call.write({ header });
    rows.forEach((row, index) => call.write({ block: { first_row: index, rows: { probabilities: tensor([row]) } } }));
    call.end();
  });
}

(async () => {
  const answers = { unary: await unary(rows), stream: await stream(), wrong: await unary([...rows, [0.5, 0.5, 0.5]]) };
  console.log(JSON.stringify(answers));
  client.close();
})();
