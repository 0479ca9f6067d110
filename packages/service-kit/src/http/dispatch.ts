import type { Request, RequestHandler, Response } from 'express';
import { failpoint } from '#failpoint';
import { type AppError, kitErrors } from '../errors.js';
import type { Guard, Proof } from '../guards/guard.js';
import { hasBody, readBody } from './body.js';
import { type RequestState, requestStateOf, type TableEntry } from './request-state.js';
import type { RouteMatch } from './route-table.js';
import type { RawInput, Reply, Route, RouteSpec } from './routes.js';

const defaultDeadlineMs = 5_000;

/** Less than this is not worth beginning: the answer would come to nobody. */
const minimumMs = 50;

/** The last handler: runs the route that the table found for this request, within its deadline. */
export const createDispatch = (guard: Guard): RequestHandler => {
  const work = async (route: Route, req: Request, input: InputParts): Promise<Reply> => {
    const { spec } = route;
    const proof = await guard(spec.access, req.headers);
    const body = await readRouteBody(spec, req);
    failpoint(`server.before ${input.name}`);
    const reply = await route.answer(toRawInput(req, input, proof, body));
    failpoint(`server.after ${input.name}`);
    return reply;
  };

  return async (req, res) => {
    const state = requestStateOf(req);
    const match = state?.match;
    if (state === undefined || match === undefined) throw kitErrors.routeNotFound();
    const route = findRoute(match, state.method);
    if (!match.isValid) throw kitErrors.invalidPath();
    const remainingMs = toRemainingMs(route.spec, state);
    if (remainingMs < minimumMs) throw kitErrors.deadlineExceeded();
    const input = { state, params: match.params, name: `${state.method} ${match.template}` };
    sendReply(res, route.spec, await withinDeadline(state, remainingMs, () => work(route, req, input)));
  };
};

interface InputParts {
  state: RequestState;
  params: Readonly<Record<string, string>>;
  /** `PUT /internal/payments/:orderId` */
  name: string;
}

const findRoute = ({ methods }: RouteMatch<TableEntry>, method: string): Route => {
  const route = methods.get(method) ?? (method === 'HEAD' ? methods.get('GET') : undefined);
  if (route !== undefined) return route;
  if (methods.has(method)) throw kitErrors.routeNotFound();
  const allowed = [...methods.keys(), ...(methods.has('GET') ? ['HEAD'] : [])];
  throw kitErrors.methodNotAllowed({ headers: { allow: allowed.join(', ') } });
};

const toRemainingMs = (spec: RouteSpec, { context, callerDeadlineAt }: RequestState): number => {
  const own = Date.now() + (spec.deadlineMs ?? defaultDeadlineMs);
  context.deadlineAt = callerDeadlineAt === undefined ? own : Math.min(own, callerDeadlineAt);
  return context.deadlineAt - Date.now();
};

/** Answers 504 at the deadline, whatever the handler is waiting for; its signal tells it to stop. */
const withinDeadline = async <T>(state: RequestState, ms: number, work: () => Promise<T>): Promise<T> => {
  const abort = new AbortController();
  state.abort = abort;
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = kitErrors.deadlineExceeded();
      abort.abort(error);
      reject(error);
    }, ms);
  });
  try {
    return await Promise.race([work(), expiry]);
  } finally {
    clearTimeout(timer);
  }
};

const readRouteBody = (spec: RouteSpec, req: Request): Promise<unknown> | undefined => {
  if (spec.body !== undefined) return readBody(req, spec.bodyType ?? 'json');
  if (spec.method !== 'get' && hasBody(req)) throw noBodyTaken();
  return undefined;
};

const noBodyTaken = (): AppError => kitErrors.invalidRequest({ detail: 'This path takes no body.' });

const toRawInput = (req: Request, { state, params }: InputParts, proof: Proof, body: unknown): RawInput => ({
  params,
  query: req.query,
  headers: req.headers,
  body,
  get caller() {
    if (proof.caller === undefined) throw kitErrors.unauthenticated();
    return proof.caller;
  },
  callerService: proof.callerService,
  get signal() {
    state.abort ??= new AbortController();
    return state.abort.signal;
  },
  req,
  deadlineMs: () => Math.max(0, (state.context.deadlineAt ?? 0) - Date.now()),
});

const sendReply = (res: Response, spec: RouteSpec, { status, body, headers = {} }: Reply): void => {
  res.statusCode = status;
  if (spec.access !== 'anyone') res.setHeader('cache-control', 'no-store');
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value);
  if (body === undefined) return void res.end();
  // A text goes out in one write together with the headers, bytes in two.
  const content = Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const contentType = spec.answers[status]?.contentType ?? 'application/json; charset=utf-8';
  if (!res.hasHeader('content-type')) res.setHeader('content-type', contentType);
  res.setHeader('content-length', Buffer.byteLength(content));
  res.end(content);
};
