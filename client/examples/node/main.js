// Ranks a pool as one message and as a stream, reads a refusal, meets a deadline, and asks over two rounds whether to go on.
// usage: node main.js ADDRESS
const { Client, tensor } = require("./querist.js");

const CLASSES = 3;
/** @type {import("./types/querist/v1/SelectHeader").SelectHeader} */
const header = { strategy: "margin", count: 10, seed: "18446744073709551613", random_share: 0.2 };

/**
 * Stands for what a model says of the instances from low on: exact numbers that sum to 1.
 * @param {number} low
 * @param {number} high
 */
function predictions(low, high) {
  const values = new Float32Array((high - low) * CLASSES);
  for (let index = low; index < high; index++) {
    const first = (37 * index) % 65;
    const second = (53 * index) % (65 - first);
    values.set([first / 64, second / 64, (64 - first - second) / 64], (index - low) * CLASSES);
  }
  return { probabilities: tensor(values, [high - low, CLASSES]) };
}

/** @param {string} address */
async function main(address) {
  const client = new Client(address, { token: process.env.QUERIST_TOKEN });
  const { api_version, limits } = await client.info();
  console.log(`server ${api_version} message ${limits.max_message_bytes} block ${limits.block_bytes}`);

  const unary = await client.select(header, predictions(0, 1000));
  console.log(`unary ${unary.selected.indices.join(" ")}`);

  const rows = Math.floor(Number(limits.block_bytes) / (4 * CLASSES));
  /** @param {number} total */
  function* blocks(total) {
    for (let low = 0; low < total; low += rows) yield predictions(low, Math.min(low + rows, total));
  }
  let scored = 0;
  const rowsOf = (/** @type {ReturnType<typeof predictions>} */ pool) => pool.probabilities.shape[0];
  const streamed = await client.selectStream(header, blocks(300_000), rowsOf, (progress) => (scored = Number(progress.rows_scored)));
  console.log(`stream ${streamed.selected.indices.join(" ")} of ${streamed.statistics.rows} progress ${scored > 0}`);

  const wrong = predictions(0, 5);
  wrong.probabilities.data.writeFloatLE(1.5, 2 * CLASSES * 4);
  const refused = await client.select(header, wrong).catch((error) => error);
  console.log(`refused ${refused.code} ${refused.reason} ${refused.metadata.field} row ${refused.metadata.row} fields ${refused.fields}`);

  const late = await client.select(header, predictions(0, 1000), { timeout: 0 }).catch((error) => error);
  console.log(`late ${late.code}`);

  const round = { campaign: "example", labelled: 40, unlabelled: 1000, criteria: [{ budget: { labels: 60 } }] };
  const first = await client.adviseStop(round);
  const second = await client.adviseStop({ ...round, labelled: 60, unlabelled: 980, state: first.state }); // stored in between, unread
  console.log(`rounds ${first.stop.verdict} ${second.stop.verdict} after ${second.stop.rounds}`);
  console.log(`retried ${client.retried}`);
  client.close();
}

main(process.argv[2] ?? "127.0.0.1:50051").catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
