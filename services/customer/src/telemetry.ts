import type { Telemetry } from '@glasshouse/service-kit';
import type { Probe } from './use-cases/ports.js';

interface OwnFact {
  action: string;
  message: string;
  userId: string;
}

/** What customer states about itself. A person is named by id; name, e-mail and postal address never appear. */
export const createProbe = (telemetry: Telemetry): Probe => {
  const { metrics } = telemetry;
  const registrations = metrics.counter({
    name: 'registrations_total',
    help: 'Registrations by outcome; finished and abandoned are what became of interrupted ones.',
    labels: { outcome: ['registered', 'email_taken', 'interrupted', 'finished', 'abandoned'] },
  });
  const closed = metrics.counter({ name: 'customers_closed_total', help: 'Customers who left and were anonymised.' });
  const oldest = metrics.gauge({
    name: 'customer_unfinished_oldest_seconds',
    help: 'Age of the oldest registration or deletion that is not finished; 0 if there is none.',
  });
  const state = ({ userId, ...fact }: OwnFact): void => telemetry.fact({ ...fact, fields: { 'user.id': userId } });
  const warn = ({ userId, ...fact }: OwnFact): void =>
    telemetry.fact({ ...fact, level: 'warn', fields: { 'user.id': userId } });

  return {
    customerRegistered(userId) {
      registrations.inc({ outcome: 'registered' });
      state({ action: 'customer.registered', message: 'A customer registered.', userId });
    },
    emailWasTaken() {
      registrations.inc({ outcome: 'email_taken' });
      telemetry.fact({ action: 'registration.refused', message: 'A registration was refused: the address is taken.' });
    },
    registrationInterrupted(userId) {
      registrations.inc({ outcome: 'interrupted' });
      const message = 'A registration could not be finished now; the next request or the recovery goes on with it.';
      warn({ action: 'registration.interrupted', message, userId });
    },
    registrationFinished(userId) {
      registrations.inc({ outcome: 'finished' });
      warn({ action: 'registration.finished', message: 'An interrupted registration was finished later.', userId });
    },
    registrationAbandoned(userId) {
      registrations.inc({ outcome: 'abandoned' });
      warn({ action: 'registration.abandoned', message: 'An interrupted registration was taken back.', userId });
    },
    customerUpdated(userId) {
      state({ action: 'customer.updated', message: 'A customer changed the profile.', userId });
    },
    customerClosed(userId) {
      closed.inc();
      state({ action: 'customer.closed', message: 'A customer left; the profile is anonymised.', userId });
    },
    loginRemovalDeferred(userId) {
      const message = 'The login of a customer who left could not be removed now; the recovery goes on with it.';
      warn({ action: 'login.removal_deferred', message, userId });
    },
    loginRemoved(userId) {
      state({ action: 'login.removed', message: 'The login of a customer who left is removed.', userId });
    },
    oldestUnfinished(ageSeconds) {
      oldest.set(ageSeconds);
    },
  };
};
