import type { Request } from 'express';
import type { z } from 'zod';
import type { ErrorFactory } from '../errors.js';
import { parseInput } from './input.js';

/**
 * Who may call: `anyone`, any valid `user` token, a token with the role `customer` or `admin`, or (on the internal
 * port) the services that prove themselves with a key of their own.
 */
export type Access = 'anyone' | 'user' | 'customer' | 'admin' | { readonly services: readonly string[] };

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The user whose verified access token came with the request. */
export interface Caller {
  readonly sub: string;
  readonly roles: readonly string[];
  readonly clientId: string;
  readonly scope: string;
  readonly isAdmin: boolean;
}

/** What a handler gets: everything parsed by the route's schemas, and who asks. */
export interface RouteInput<P, Q, H, B> {
  readonly params: P;
  readonly query: Q;
  readonly headers: H;
  readonly body: B;
  /** Throws if the route lets in requests without a user and this one has none. */
  readonly caller: Caller;
  /** The service that proved itself; empty on routes that ask for none. */
  readonly callerService: string;
  /** Aborts at the deadline and, for GET and HEAD, when the client has gone. */
  readonly signal: AbortSignal;
  readonly req: Request;
  /** Milliseconds this request has left. */
  deadlineMs(): number;
}

/** An answer. A Buffer is sent as it is, every other body as JSON. */
export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface Answer {
  readonly description: string;
  readonly body?: z.ZodType | undefined;
  /** Default application/json. */
  readonly contentType?: string | undefined;
}

/** Everything that can be said about a route without running it; the OpenAPI document is made of these. */
export interface RouteSpec {
  readonly method: Method;
  /** The public path, `/api/orders/:id`. */
  readonly path: string;
  readonly access: Access;
  /** The group it belongs to in the API's documentation. */
  readonly tag: string;
  readonly summary: string;
  readonly description?: string | undefined;
  readonly params?: z.ZodType | undefined;
  readonly query?: z.ZodType | undefined;
  readonly headers?: z.ZodType | undefined;
  readonly body?: z.ZodType | undefined;
  /** Default `json`. */
  readonly bodyType?: 'json' | 'form' | undefined;
  readonly answers: Readonly<Record<number, Answer>>;
  /** The codes of its own that it may answer with, besides the kit's. */
  readonly errors?: readonly ErrorFactory[] | undefined;
  /** `oauth`: `{error, error_description}` of RFC 6749 instead of a problem document. */
  readonly errorFormat?: 'problem' | 'oauth' | undefined;
  /** Default 5,000. */
  readonly deadlineMs?: number | undefined;
}

export type RawInput = RouteInput<unknown, unknown, unknown, unknown>;

export interface Route {
  readonly spec: RouteSpec;
  /** Parses the raw input and runs the handler. */
  readonly answer: (input: RawInput) => Promise<Reply>;
}

/** The schemas of a route as they are written: `query` and `body` are strict objects, `headers` an object of lower-case names. */
export interface RouteOptions<P, Q, H, B> extends RouteSpec {
  readonly params?: z.ZodType<P> | undefined;
  readonly query?: z.ZodType<Q> | undefined;
  readonly headers?: z.ZodType<H> | undefined;
  readonly body?: z.ZodType<B> | undefined;
  readonly handler: (input: RouteInput<P, Q, H, B>) => Promise<Reply> | Reply;
}

/**
 * Declares an endpoint: who may call it, the schemas that both validate and document it, and its handler.
 * @throws Error at start if the path has parameters that no schema describes, or a GET has a body
 */
export const defineRoute = <P = undefined, Q = undefined, H = undefined, B = undefined>(
  options: RouteOptions<P, Q, H, B>,
): Route => {
  const { handler, ...spec } = options;
  const name = `${spec.method.toUpperCase()} ${spec.path}`;
  if (spec.path.includes('/:') && spec.params === undefined) throw new Error(`${name}: its parameters need a schema.`);
  if (spec.method === 'get' && spec.body !== undefined) throw new Error(`${name}: a GET has no body.`);
  return {
    spec,
    // The getters of `raw` (caller, signal) stay lazy, since only the parsed parts are written over.
    answer: async (raw) => handler(Object.assign(raw, parseInput<P, Q, H, B>(options, raw)) as RouteInput<P, Q, H, B>),
  };
};
