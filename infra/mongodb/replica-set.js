// Run by mongosh in the health check of the container, once per start: makes the only node its own replica set and waits
// until it takes writes. Drivers want a replica set for retryable writes; one node is enough for that.
/* global db, rs, sleep, quit */
try {
  rs.status();
} catch (error) {
  if (error.codeName !== 'NotYetInitialized') throw error;
  rs.initiate({ _id: 'shop', members: [{ _id: 0, host: 'mongodb:27017' }] });
}
for (let attempt = 0; attempt < 20 && !db.hello().isWritablePrimary; attempt += 1) sleep(500);
quit(db.hello().isWritablePrimary ? 0 : 1);
