// Loaded into every child before its own code: a launcher that is killed cannot stop its children any more, so each
// child ends itself, cleanly, when the channel to the launcher closes.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
(process as { channel?: { unref(): void } }).channel?.unref();
