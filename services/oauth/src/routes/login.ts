import { defineRoute, kitErrors, ok, type Route } from '@glasshouse/service-kit';
import { z } from 'zod';
import type { ClientAddressOf } from '../client-address.js';
import { errors } from '../errors.js';
import type { UseCases } from '../use-cases/index.js';
import { noStore } from './no-store.js';

const loginBody = z.strictObject({
  email: z
    .email()
    .max(254)
    .meta({ description: 'In any case.', examples: ['ada@glasshouse.test'] }),
  password: z
    .string()
    .min(1)
    .max(128)
    .meta({ examples: ['correct horse battery staple'] }),
});

const tokenPair = z
  .strictObject({
    accessToken: z.string().meta({ description: 'A JWT of RFC 9068 for `Authorization: Bearer`.' }),
    refreshToken: z.string().meta({ description: 'Opaque; exchange it at `POST /oauth/token` before it is lost.' }),
    tokenType: z.literal('Bearer'),
    expiresIn: z
      .int()
      .positive()
      .meta({ description: 'Seconds that the access token is good for.', examples: [300] }),
  })
  .meta({ id: 'TokenPair' });

export const createLoginRoutes = (useCases: UseCases, addressOf: ClientAddressOf): Route[] => [
  defineRoute({
    method: 'post',
    path: '/users/api/login',
    access: 'anyone',
    tag: 'login',
    summary: 'Log in with e-mail address and password',
    description:
      'An unknown address and a wrong password have one answer. After five failures each further one doubles the time to wait, up to 15 minutes.',
    body: loginBody,
    answers: { 200: { description: 'A pair of tokens.', body: tokenPair } },
    errors: [errors.invalidCredentials, errors.loginThrottled, kitErrors.overloaded],
    handler: async ({ body, req }) => {
      const { accessToken, refreshToken, expiresIn } = await useCases.login({ ...body, address: addressOf(req) });
      return ok({ accessToken, refreshToken, tokenType: 'Bearer', expiresIn }, noStore);
    },
  }),
];
