import { defineRoute, kitErrors, noContent, ok, type Route } from '@glasshouse/service-kit';
import { z } from 'zod';
import { errors } from '../errors.js';
import type { UseCases } from '../use-cases/index.js';

const credentialId = z.uuid().meta({ description: 'The id of the customer whose login it is.' });
const credentialBody = z.strictObject({
  id: credentialId,
  email: z.email().max(254),
  password: z.string().min(8).max(128),
});
const credentialAnswer = z.strictObject({ id: credentialId });

const key = z.strictObject({ kid: z.string(), createdAt: z.iso.datetime() });
const ringAnswer = z.strictObject({ current: key, next: key, previous: key.optional(), rotatedAt: z.iso.datetime() });

const toKeyBody = ({ kid, createdAt }: { kid: string; createdAt: Date }) => ({
  kid,
  createdAt: createdAt.toISOString(),
});

/** For the service customer, and for the operator who rotates keys. */
export const createInternalRoutes = (useCases: UseCases): Route[] => [
  defineRoute({
    method: 'post',
    path: '/internal/credentials',
    access: { services: ['customer'] },
    tag: 'internal',
    summary: 'Create the login of a customer; safe to repeat',
    body: credentialBody,
    answers: {
      200: { description: 'It stands already, with this e-mail address and password.', body: credentialAnswer },
      201: { description: 'It stands now.', body: credentialAnswer },
    },
    errors: [errors.emailTaken, errors.credentialConflict, errors.credentialRemoved, kitErrors.overloaded],
    handler: async ({ body }) => {
      const outcome = await useCases.createCredential(body);
      return { status: outcome === 'created' ? 201 : 200, body: { id: body.id } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/internal/credentials/:id',
    access: { services: ['customer'] },
    tag: 'internal',
    summary: 'Ask whether a customer has a login',
    params: z.strictObject({ id: credentialId }),
    answers: { 200: { description: 'There is one.', body: credentialAnswer } },
    errors: [kitErrors.notFound],
    handler: async ({ params }) => {
      if (!(await useCases.hasCredential(params.id))) throw kitErrors.notFound();
      return ok({ id: params.id });
    },
  }),
  defineRoute({
    method: 'delete',
    path: '/internal/credentials/:id',
    access: { services: ['customer'] },
    tag: 'internal',
    summary: 'Remove the login of a customer for good; safe to repeat',
    params: z.strictObject({ id: credentialId }),
    answers: { 204: { description: 'There is none, and there never will be.' } },
    handler: async ({ params }) => {
      await useCases.removeCredential(params.id);
      return noContent();
    },
  }),
  defineRoute({
    method: 'post',
    path: '/internal/keys/rotate',
    access: { services: ['operator'] },
    tag: 'internal',
    summary: 'Let the next key sign',
    description: '`force` skips the wait until no token of the key that drops out is valid; for a key that was stolen.',
    body: z.strictObject({ force: z.boolean() }).default({ force: false }),
    answers: { 200: { description: 'The ring as it is now.', body: ringAnswer } },
    errors: [errors.rotationTooEarly],
    handler: async ({ body }) => {
      const { current, next, previous, rotatedAt } = await useCases.rotate({ isForced: body.force });
      const before = previous === undefined ? {} : { previous: toKeyBody(previous) };
      const keys = { current: toKeyBody(current), next: toKeyBody(next), ...before };
      return ok({ ...keys, rotatedAt: rotatedAt?.toISOString() });
    },
  }),
];
