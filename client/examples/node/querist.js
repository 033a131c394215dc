// A small client of Querist on the protos alone: connection, tensors, deadlines, retries, errors.
// PROTOS is the folder of querist/v1/*.proto, GOOGLEAPIS one that holds google/rpc/error_details.proto (https://github.com/googleapis/googleapis).
const path = require("node:path");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const PROTOS = process.env.PROTOS ?? path.join(__dirname, "../../../protos");
const options = {
  includeDirs: [PROTOS, process.env.GOOGLEAPIS ?? PROTOS],
  keepCase: true, // or fields become camelCase, and first_row is silently not sent
  longs: String, // a seed or key may be larger than a Number holds exactly
  enums: String,
  defaults: true,
  oneofs: true,
};
const services = ["selection", "annotation", "model", "system"].map((name) => `querist/v1/${name}_service.proto`);
const api = grpc.loadPackageDefinition(loader.loadSync(services, options)).querist.v1;
const details = loader.loadSync(["google/rpc/status.proto", "google/rpc/error_details.proto"], options);
const MOST_BYTES = 16 * 2 ** 20; // gRPC itself takes 4 MiB in one message; the server's limit is ServerLimits.max_message_bytes
const PASSING = [grpc.status.UNAVAILABLE, grpc.status.RESOURCE_EXHAUSTED];

/** A call that failed: code and reason (see ErrorReason), what is at fault, and after how many seconds to try again. */
class QueristError extends Error {
  constructor(error) {
    super(error.details);
    this.code = grpc.status[error.code];
    this.reason = "";
    this.metadata = {};
    this.fields = [];
    this.retryAfter = undefined;
    // Details are a google.rpc.Status in the trailing metadata; each says its own type.
    const [packed] = error.metadata?.get("grpc-status-details-bin") ?? [];
    for (const detail of packed ? details["google.rpc.Status"].deserialize(packed).details : []) {
      const type = detail.type_url.split("/").pop();
      if (!(type in details)) continue;
      const content = details[type].deserialize(detail.value);
      if (type === "google.rpc.ErrorInfo") ({ reason: this.reason, metadata: this.metadata } = content);
      if (type === "google.rpc.BadRequest") this.fields = content.field_violations.map((violation) => violation.field);
      if (type === "google.rpc.RetryInfo") this.retryAfter = Number(content.retry_delay.seconds) + content.retry_delay.nanos * 1e-9;
    }
    // Overload and a stopping server pass; a limit that was exceeded does not.
    this.passing = PASSING.includes(error.code) && this.reason !== "LIMIT_EXCEEDED";
  }
}

/** Packs numbers as FLOAT32: raw bytes, little-endian whatever the machine is, the last index fastest. */
function tensor(values, shape) {
  const data = Buffer.allocUnsafe(values.length * 4);
  for (let index = 0; index < values.length; index++) data.writeFloatLE(values[index], index * 4);
  return { dtype: "DATA_TYPE_FLOAT32", shape, data };
}

/** Joins pieces of a selection, column by column. */
function joined(pieces) {
  return Object.fromEntries(Object.keys(pieces.at(-1)).map((name) => [name, pieces.flatMap((piece) => piece[name])]));
}

class Client {
  /** address is host:port or unix:/path; certificates, PEM, switches TLS on; a token is sent with every call; timeout is in seconds. */
  constructor(address, { token, certificates, timeout = 60, retries = 3 } = {}) {
    const credentials = certificates ? grpc.credentials.createSsl(certificates) : grpc.credentials.createInsecure();
    const channel = { "grpc.max_receive_message_length": MOST_BYTES, "grpc.max_send_message_length": MOST_BYTES, "grpc.enable_retries": 0 };
    this.stubs = Object.fromEntries(
      ["SelectionService", "AnnotationService", "SystemService"].map((name) => [name, new api[name](address, credentials, channel)]),
    );
    this.metadata = new grpc.Metadata();
    if (token) this.metadata.set("authorization", `Bearer ${token}`);
    Object.assign(this, { timeout, retries, retried: 0 });
  }

  close() {
    Object.values(this.stubs).forEach((stub) => stub.close());
  }

  info() {
    return this.unary("SystemService", "GetServerInfo", {});
  }

  /** Ranks a pool that fits one message. */
  select(header, pool, options) {
    return this.unary("SelectionService", "Select", { header, pool }, options);
  }

  adviseStop(campaign) {
    return this.unary("SelectionService", "AdviseStop", { campaign });
  }

  /** Ranks a pool that comes as an iterable of blocks of rows (pools with the same fields, about 2 MiB each). */
  async selectStream(header, blocks, rowsOf, onProgress = () => {}) {
    async function* messages() {
      yield { header };
      let first_row = 0;
      for await (const rows of blocks) {
        yield { block: { first_row, rows } };
        first_row += rowsOf(rows);
      }
    }
    const pieces = [];
    for await (const answer of this.stream("SelectionService", "SelectStream", messages())) {
      if (answer.event === "progress") onProgress(answer.progress);
      else if (answer.event === "selected") pieces.push(answer.selected); // of a selection too long for one message
      else if (answer.event === "result") return { ...answer.result, selected: joined([...pieces, answer.result.selected]) };
    }
  }

  /** Makes a unary call. Whatever was refused for a passing reason is sent again, within one deadline for all attempts. */
  async unary(service, method, request, { timeout = this.timeout } = {}) {
    const deadline = Date.now() + timeout * 1000;
    for (let attempt = 0; ; attempt++) {
      try {
        return await new Promise((resolve, reject) => {
          const done = (error, response) => (error ? reject(new QueristError(error)) : resolve(response));
          this.stubs[service][method](request, this.metadata, { deadline }, done);
        });
      } catch (error) {
        const seconds = Math.max(error.retryAfter ?? 0, 0.1 * 2 ** attempt * (0.5 + Math.random() / 2));
        if (!error.passing || attempt >= this.retries || Date.now() + seconds * 1000 > deadline) throw error;
        this.retried += 1;
        await new Promise((wake) => setTimeout(wake, seconds * 1000));
      }
    }
  }

  /** Makes a streaming call: writes while it reads, no faster than the server takes it. */
  async *stream(service, method, requests) {
    const call = this.stubs[service][method](this.metadata, { deadline: Date.now() + this.timeout * 1000 });
    const sent = (async () => {
      for await (const request of requests) {
        if (call.destroyed) return;
        if (!call.write(request)) await new Promise((wake) => ["drain", "close", "error"].forEach((event) => call.once(event, wake)));
      }
      call.end();
    })();
    try {
      yield* call;
      await sent;
    } catch (error) {
      throw error.code === undefined ? error : new QueristError(error);
    } finally {
      call.cancel();
    }
  }
}

module.exports = { Client, QueristError, tensor };
