// Replays the conformance files: sends what each holds and compares what comes back, numbers to the last bit.
// usage: node conformance.js ADDRESS FILE...
const fs = require("node:fs");
const { isDeepStrictEqual } = require("node:util");
const { Client } = require("./querist.js");

/** Clears a field, in each entry of a repeated one above it. */
function clear(message, [name, ...rest]) {
  if (rest.length === 0) delete message[name];
  else for (const inner of [message[name] ?? []].flat()) clear(inner, rest);
}

/** What is compared of responses, in the form that the library gives them; of a stream without what is empty then. */
function compared(responses, kind, ignored) {
  for (const response of responses) ignored.forEach((field) => clear(response, field.split(".")));
  const kept = responses.filter((response) => !kind.responseStream || kind.responseSerialize(response).length > 0);
  return kept.map((response) => kind.responseDeserialize(kind.responseSerialize(response)));
}

async function outcome(client, kind, service, requests) {
  const method = kind.path.split("/").pop();
  try {
    if (!kind.requestStream) return { responses: [await client.unary(service, method, requests[0])] };
    const responses = [];
    for await (const response of client.stream(service, method, requests)) responses.push(response);
    return { responses };
  } catch (error) {
    return { error: { code: error.code, reason: error.reason, metadata: { ...error.metadata }, fields: error.fields } };
  }
}

async function replay(client, { method, requests, ignored, responses, error }) {
  const [service, name] = method.split(".").pop().split("/");
  const kind = client.stubs[service].constructor.service[name];
  const found = await outcome(client, kind, service, requests);
  if (error || found.error) return isDeepStrictEqual(found.error, error);
  return isDeepStrictEqual(compared(found.responses, kind, ignored), compared(responses, kind, ignored));
}

async function main(address, files) {
  const client = new Client(address, { token: process.env.QUERIST_TOKEN });
  let failed = 0;
  for (const file of files) {
    const known = JSON.parse(fs.readFileSync(file, "utf8"));
    const same = await replay(client, known);
    console.log(`${same ? "same" : "DIFFERENT"} ${known.name}`);
    failed += same ? 0 : 1;
  }
  client.close();
  process.exitCode = failed ? 1 : 0;
}

main(process.argv[2], process.argv.slice(3));
