// Runs beside a program that is not ours: a launcher that is killed cannot stop it any more, so it is told to end, with
// its whole process group, when the channel to the launcher closes.
const pid = Number(process.argv[2]);
process.once('disconnect', () => {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
});
