// graphile_worker.mjs DATABASE JOBS CONCURRENCY QUEUE DELAY - queues JOBS null jobs (not timed), then
// times how long one graphile-worker in batch mode takes until PostgreSQL says that none is left.
// JSON: jobs, seconds. A job has two durable transitions: locked by the fetch, completed.
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';

const connectionString = process.argv[2];
const [jobs, concurrentJobs, size, delay] = process.argv.slice(3).map(Number);
const preset = {
  worker: {
    connectionString,
    concurrentJobs,
    maxPoolSize: concurrentJobs + 1,
    localQueue: { size },
    completeJobBatchDelay: delay,
    failJobBatchDelay: delay,
    // A line for every job would be measured instead.
    logger: new Logger(() => (level, message) => level === 'error' && console.error(message)),
  },
};

const utils = await makeWorkerUtils({ preset });
await utils.migrate();
for (let added = 0; added < jobs; added += 1000) {
  const some = Math.min(1000, jobs - added);
  await utils.addJobs(
    Array.from({ length: some }, (_, i) => ({ identifier: 'null', payload: { number: added + i } })));
}
const database = new pg.Client({ connectionString });
await database.connect();
await database.query('VACUUM ANALYZE');
await database.query('CHECKPOINT');

let executed = 0;
let allExecuted;
const handled = new Promise((resolve) => (allExecuted = resolve));
const began = process.hrtime.bigint();
const runner = await run({
  preset,
  taskList: { null: async () => void (++executed === jobs && allExecuted()) },
});
await handled;
// Executed is not yet durable: the last completions are on their way.
const left = 'SELECT EXISTS (SELECT FROM graphile_worker._private_jobs) AS some';
while ((await database.query(left)).rows[0].some);
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
await runner.stop();
await database.end();
await utils.release();
console.log(JSON.stringify({ jobs, seconds }));
