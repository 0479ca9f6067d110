export interface WorkerPool {
  run<T>(task: string, payload: unknown): Promise<T>;
}

export const defineWorkerTasks = (_tasks: Record<string, (payload: never) => unknown>): void => {};
