import { DownstreamError, type HttpClient } from '@glasshouse/service-kit';
import { z } from 'zod';
import type { CredentialOutcome, Credentials } from '../use-cases/ports.js';

/** The codes with which oauth refuses a login, and what they mean here. */
const refusals: Readonly<Record<string, CredentialOutcome>> = {
  email_taken: 'email_taken',
  credential_conflict: 'conflict',
  credential_removed: 'removed',
};
const problemSchema = z.object({ code: z.string() });

/** The logins, kept by the service oauth. All three calls may be repeated, so all three are tried again. */
export const createOAuthClient = (client: HttpClient): Credentials => ({
  async create(credential) {
    const path = '/internal/credentials';
    const answer = await client.request({ method: 'POST', path, body: credential, expect: [200, 201, 409] });
    if (answer.status !== 409) return answer.status === 201 ? 'created' : 'existed';
    const outcome = refusals[problemSchema.safeParse(answer.body).data?.code ?? ''];
    if (outcome === undefined) throw new DownstreamError({ peer: 'oauth', reason: 'bad_answer', outcome: 'unknown' });
    return outcome;
  },

  async exists(id) {
    const path = '/internal/credentials/:id';
    const answer = await client.request({ method: 'GET', path, params: { id }, expect: [200, 404] });
    return answer.status === 200;
  },

  async remove(id) {
    const path = '/internal/credentials/:id';
    try {
      await client.request({ method: 'DELETE', path, params: { id }, expect: [204] });
      return true;
    } catch (error) {
      if (error instanceof DownstreamError) return false;
      throw error;
    }
  },
});
