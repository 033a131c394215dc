// Ranks a matrix over gRPC from the protos alone, as one message and as a stream of one row a message, and reads what a refusal says.
// usage: node rank.js ADDRESS DIRECTORY_OF_OUR_PROTOS DIRECTORY_OF_GOOGLES_PROTOS < request.json > answers.json
const fs = require("node:fs");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [address, ours, googles] = process.argv.slice(2);
const request = JSON.parse(fs.readFileSync(0));
const options = {
  includeDirs: [ours, googles],
  keepCase: true, // or fields become camelCase, and first_row is silently not sent
  longs: String, // a seed or key may be larger than a Number holds exactly
  enums: String,
  defaults: true,
  oneofs: true,
};
const service = loader.loadSync("querist/v1/selection_service.proto", options);
const errors = loader.loadSync(["google/rpc/status.proto", "google/rpc/error_details.proto"], options);
const { SelectionService } = grpc.loadPackageDefinition(service).querist.v1;
const client = new SelectionService(address, grpc.credentials.createInsecure());
const deadline = () => ({ deadline: Date.now() + 20000 });

// Raw elements must be little-endian, whatever the machine is.
function tensor(matrix) {
  const data = Buffer.alloc(matrix.length * matrix[0].length * 8);
  matrix.flat().forEach((value, index) => data.writeDoubleLE(value, index * 8));
  return { dtype: "DATA_TYPE_FLOAT64", shape: [matrix.length, matrix[0].length], data };
}

// An error's details are a google.rpc.Status in the trailing metadata; each detail says its own type.
function refusal(error) {
  const [packed] = error.metadata.get("grpc-status-details-bin");
  const answer = { code: grpc.status[error.code], message: error.details };
  for (const detail of errors["google.rpc.Status"].deserialize(packed).details) {
    const type = detail.type_url.split("/").pop();
    answer[type] = errors[type].deserialize(detail.value);
  }
  return answer;
}

function unary(matrix) {
  return new Promise((resolve) => {
    const message = { header: request.header, pool: { probabilities: tensor(matrix) } };
    client.Select(message, deadline(), (error, response) => resolve(error ? refusal(error) : response));
  });
}

function stream(matrix) {
  return new Promise((resolve) => {
    const call = client.SelectStream(deadline());
    call.on("data", (answer) => answer.event === "result" && resolve(answer.result));
    call.on("error", (error) => resolve(refusal(error)));
    call.write({ header: request.header });
    matrix.forEach((row, index) => call.write({ block: { first_row: index, rows: { probabilities: tensor([row]) } } }));
    call.end();
  });
}

(async () => {
  const answers = {};
  for (const [name, matrix] of Object.entries({ right: request.rows, wrong: [...request.rows, request.wrong_row] })) {
    answers[name] = { unary: await unary(matrix), stream: await stream(matrix) };
  }
  console.log(JSON.stringify(answers));
  client.close();
})();
