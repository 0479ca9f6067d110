import { defineError } from '@glasshouse/service-kit';

export const errors = {
  emailTaken: defineError({ kind: 'conflict', code: 'email_taken', message: 'This e-mail address is taken.' }),
  registrationInterrupted: defineError({
    kind: 'unavailable',
    code: 'registration_interrupted',
    message: 'The registration was interrupted; the same request again goes on with it.',
  }),
};
