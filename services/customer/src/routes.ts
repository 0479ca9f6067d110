import {
  created,
  createLinks,
  decodeCursor,
  defineRoute,
  encodeCursor,
  kitErrors,
  type Links,
  noContent,
  ok,
  pageQuery,
  type Route,
} from '@glasshouse/service-kit';
import { z } from 'zod';
import type { ActiveCustomer } from './domain.js';
import { errors } from './errors.js';
import type { UseCases } from './use-cases/index.js';
import type { PagePosition } from './use-cases/ports.js';

const line = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .regex(/^\P{Cc}*$/u, 'must not contain control characters');

const nameField = line(100).meta({ examples: ['Ada Lovelace'] });
const addressField = z
  .strictObject({
    street: line(200).meta({ examples: ['12 St James’s Square'] }),
    city: line(100).meta({ examples: ['London'] }),
    postalCode: line(20).meta({ examples: ['SW1Y 4JH'] }),
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'must be two capital letters')
      .meta({ description: 'ISO 3166-1 alpha-2.', examples: ['GB'] }),
  })
  .meta({ id: 'PostalAddress' });

const registrationBody = z.strictObject({
  email: z
    .email()
    .max(254)
    .meta({ description: 'Becomes the login, in any case.', examples: ['grace@example.com'] }),
  password: z
    .string()
    .min(8)
    .max(128)
    .meta({ examples: ['correct horse battery staple'] }),
  name: nameField,
  address: addressField.optional(),
});
const changesBody = z
  .strictObject({
    name: nameField.optional(),
    address: addressField.nullable().optional().meta({ description: '`null` removes it.' }),
  })
  .refine((changes) => Object.keys(changes).length > 0, 'must change something');
const customerId = z.uuid();
const idParams = z.strictObject({ id: customerId });
const cursorSchema = z.tuple([z.int(), customerId]);

const customerBody = z
  .strictObject({
    id: customerId.meta({ description: 'The `sub` of the customer’s tokens.' }),
    email: z.string(),
    name: z.string(),
    address: addressField.optional(),
    createdAt: z.iso.datetime(),
    links: z.strictObject({ self: z.url(), orders: z.url() }),
  })
  .meta({ id: 'Customer' });
const pageBody = z.strictObject({
  items: z.array(customerBody),
  next: z.string().optional().meta({ description: 'The cursor of the next page; absent on the last.' }),
});

const toCustomerBody = (customer: ActiveCustomer, links: Links): z.infer<typeof customerBody> => {
  const { id, email, name, address, createdAt } = customer;
  return {
    id,
    email,
    name,
    ...(address === undefined ? {} : { address }),
    createdAt: createdAt.toISOString(),
    links: { self: links(`/api/customers/${id}`), orders: links('/api/orders') },
  };
};

const toCursor = ({ createdAt, id }: PagePosition): string => encodeCursor([createdAt.getTime(), id]);

const parseCursor = (text: string): PagePosition => {
  const position = cursorSchema.safeParse(decodeCursor(text));
  if (position.success) return { createdAt: new Date(position.data[0]), id: position.data[1] };
  throw kitErrors.invalidRequest({ errors: [{ path: 'query.cursor', problem: 'is not a cursor of this list' }] });
};

/** The public routes. */
export const createRoutes = (useCases: UseCases, links: Links = createLinks('http://localhost:8080')): Route[] => [
  defineRoute({
    method: 'post',
    path: '/api/customers',
    access: 'anyone',
    tag: 'customers',
    summary: 'Register',
    description: 'Creates the customer and the login. After a 503 the same request again goes on where it stopped.',
    body: registrationBody,
    answers: { 201: { description: 'The customer, who can log in now.', body: customerBody } },
    errors: [errors.emailTaken, errors.registrationInterrupted, kitErrors.downstreamUnavailable],
    handler: async ({ body }) => {
      const customer = await useCases.register(body);
      return created(links(`/api/customers/${customer.id}`), toCustomerBody(customer, links));
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/customers',
    access: 'admin',
    tag: 'customers',
    summary: 'List customers, newest first',
    query: z.strictObject(pageQuery),
    answers: { 200: { description: 'A page.', body: pageBody } },
    handler: async ({ query }) => {
      const after = query.cursor === undefined ? undefined : parseCursor(query.cursor);
      const { items, next } = await useCases.list(query.limit, after);
      const more = next === undefined ? {} : { next: toCursor(next) };
      return ok({ items: items.map((customer) => toCustomerBody(customer, links)), ...more });
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/customers/me',
    access: 'customer',
    tag: 'customers',
    summary: 'Read the own profile',
    answers: { 200: { description: 'The profile.', body: customerBody } },
    errors: [kitErrors.notFound],
    handler: async ({ caller }) => ok(toCustomerBody(await useCases.findOwn(caller.sub), links)),
  }),
  defineRoute({
    method: 'patch',
    path: '/api/customers/me',
    access: 'customer',
    tag: 'customers',
    summary: 'Change the own profile',
    description: 'What is absent stays as it is.',
    body: changesBody,
    answers: { 200: { description: 'The profile as it is now.', body: customerBody } },
    errors: [kitErrors.notFound],
    handler: async ({ caller, body }) => ok(toCustomerBody(await useCases.update(caller.sub, body), links)),
  }),
  defineRoute({
    method: 'delete',
    path: '/api/customers/me',
    access: 'customer',
    tag: 'customers',
    summary: 'Leave',
    description: 'Forgets the profile and removes the login. Orders stay, without a person behind them.',
    answers: { 204: { description: 'The profile is gone.' } },
    errors: [kitErrors.notFound],
    handler: async ({ caller }) => {
      await useCases.close(caller.sub);
      return noContent();
    },
  }),
  defineRoute({
    method: 'get',
    path: '/api/customers/:id',
    access: 'user',
    tag: 'customers',
    summary: 'Read a customer',
    description: 'For admins, and for the customer in question; to anybody else the customer does not exist.',
    params: idParams,
    answers: { 200: { description: 'The customer.', body: customerBody } },
    errors: [kitErrors.notFound],
    handler: async ({ caller, params }) => ok(toCustomerBody(await useCases.findFor(caller, params.id), links)),
  }),
];

/** For the service order. */
export const createInternalRoutes = (useCases: UseCases): Route[] => [
  defineRoute({
    method: 'get',
    path: '/internal/customers/:id',
    access: { services: ['order'] },
    tag: 'internal',
    summary: 'Ask whether a customer may buy',
    params: idParams,
    answers: { 200: { description: 'Yes or no.', body: z.strictObject({ id: customerId, mayBuy: z.boolean() }) } },
    errors: [kitErrors.notFound],
    handler: async ({ params }) => ok(await useCases.judgeBuyer(params.id)),
  }),
];
