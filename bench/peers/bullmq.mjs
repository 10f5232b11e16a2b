// bullmq.mjs SOCKET QUEUE JOBS CONCURRENCY - queues JOBS null jobs (not timed), then times how long
// one BullMQ worker takes until redis has answered the last completion. JSON: jobs, seconds.
// A job has two durable transitions: waiting to active, active to completed. (One script call often
// does the second of one job and the first of the next; they are counted as two all the same.)
import { Queue, Worker } from 'bullmq';

const [path, name] = process.argv.slice(2);
const [jobs, concurrency] = process.argv.slice(4).map(Number);
const connection = { path, maxRetriesPerRequest: null };

const queue = new Queue(name, { connection });
for (let added = 0; added < jobs; added += 1000) {
  const some = Math.min(1000, jobs - added);
  await queue.addBulk(
    Array.from({ length: some }, (_, i) => ({ name: 'null', data: { number: added + i } })));
}

let completed = 0;
let allCompleted;
const done = new Promise((resolve) => (allCompleted = resolve));
const began = process.hrtime.bigint();
const worker = new Worker(name, async () => {}, { connection, concurrency });
worker.on('completed', () => void (++completed === jobs && allCompleted()));
worker.on('error', (failed) => {
  console.error(failed.message);
  process.exit(1);
});
await done;
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
const stored = await queue.getCompletedCount();
await worker.close();
await queue.close();
if (stored !== jobs) {
  console.error(`redis holds ${stored} completed jobs of ${jobs}`);
  process.exit(1);
}
console.log(JSON.stringify({ jobs, seconds }));
