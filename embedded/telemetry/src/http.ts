import type { Server } from 'node:net';
import express, { type Express } from 'express';

/** An Express application that says nothing about itself; the caller adds its routes and its form of errors. */
export const createApi = (): Express => {
  const api = express();
  api.disable('x-powered-by');
  api.disable('etag');
  api.set('query parser', 'simple');
  return api;
};

/** The HTTP status that a body parser or router gave to an error; 500 for anything else. */
export const statusOf = (error: unknown): number => {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' ? status : 500;
};

/** A parameter of the URL if it is there once; the last one if it is repeated. */
export const parameter = (query: unknown, name: string): string | undefined => parameters(query, name).at(-1);

export const parameters = (query: unknown, name: string): string[] => {
  const value = (query as Record<string, unknown>)[name];
  return (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
};

/** Listens; answers the port. A taken port is said with its number and who wants it. */
export const listen = (server: Server, place: { host: string; port: number; part: string }): Promise<number> =>
  new Promise((resolve, reject) => {
    const { host, port, part } = place;
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(isTaken ? new Error(`Port ${port} is taken; the embedded telemetry's ${part} wants it.`) : error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
