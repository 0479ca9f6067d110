import type { Telemetry } from '@glasshouse/service-kit';
import type { Probe } from './use-cases/ports.js';

interface OwnFact {
  action: string;
  message: string;
  userId?: string | undefined;
}

/** What oauth states about itself. A user is named by id; an e-mail address, a password or a token never appears. */
export const createProbe = (telemetry: Telemetry) => {
  const { metrics } = telemetry;
  const logins = metrics.counter({
    name: 'logins_total',
    help: 'Login attempts by outcome.',
    labels: { outcome: ['succeeded', 'failed', 'throttled'] },
  });
  const refreshes = metrics.counter({
    name: 'refresh_tokens_total',
    help: 'Presented refresh tokens by outcome; replayed is a lost answer given again.',
    labels: { outcome: ['rotated', 'replayed', 'reuse_detected', 'refused'] },
  });
  const issued = metrics.counter({
    name: 'access_tokens_issued_total',
    help: 'Access tokens by what they were issued for.',
    labels: { grant: ['login', 'refresh_token', 'client_credentials'] },
  });
  const rotations = metrics.counter({
    name: 'signing_key_rotations_total',
    help: 'Rotations of the signing keys that this process made.',
  });
  const state = ({ userId, ...fact }: OwnFact): void => telemetry.fact({ ...fact, fields: { 'user.id': userId } });
  const warn = ({ userId, ...fact }: OwnFact): void =>
    telemetry.fact({ ...fact, level: 'warn', fields: { 'user.id': userId } });

  const probe: Probe = {
    loginSucceeded(userId) {
      logins.inc({ outcome: 'succeeded' });
      issued.inc({ grant: 'login' });
      state({ action: 'login.succeeded', message: 'A user logged in.', userId });
    },
    loginFailed(userId) {
      logins.inc({ outcome: 'failed' });
      warn({ action: 'login.failed', message: 'A login failed: unknown account or wrong password.', userId });
    },
    loginThrottled(by) {
      logins.inc({ outcome: 'throttled' });
      const message = 'A login was refused, since too many before it failed.';
      telemetry.fact({ action: 'login.throttled', message, level: 'warn', fields: { 'glasshouse.throttled_by': by } });
    },
    tokenRefreshed(userId, how) {
      refreshes.inc({ outcome: how === 'rotate' ? 'rotated' : 'replayed' });
      issued.inc({ grant: 'refresh_token' });
      state({ action: 'token.refreshed', message: 'A refresh token was exchanged.', userId });
    },
    refreshRefused() {
      refreshes.inc({ outcome: 'refused' });
      warn({ action: 'token.refused', message: 'A refresh token was refused.' });
    },
    reuseDetected(userId) {
      refreshes.inc({ outcome: 'reuse_detected' });
      const message = 'A used refresh token came again, so every token of its login is revoked.';
      warn({ action: 'token.reuse_detected', message, userId });
    },
    tokenRevoked(userId) {
      state({ action: 'token.revoked', message: 'A client ended a login.', userId });
    },
    clientTokenIssued(clientId) {
      issued.inc({ grant: 'client_credentials' });
      const message = 'An API client got a token of its own.';
      telemetry.fact({ action: 'token.issued', message, fields: { 'glasshouse.client_id': clientId } });
    },
    clientRefused() {
      warn({ action: 'client.refused', message: 'A client could not prove who it is.' });
    },
    credentialCreated(userId) {
      state({ action: 'credential.created', message: 'A login was created.', userId });
    },
    credentialRemoved(userId) {
      state({ action: 'credential.removed', message: 'A login was removed for good.', userId });
    },
    keysRotated(kid, isForced) {
      rotations.inc();
      const fields = { 'glasshouse.key_id': kid, 'glasshouse.is_forced': isForced };
      telemetry.fact({ action: 'keys.rotated', message: 'Another key signs from now on.', level: 'warn', fields });
    },
  };

  return {
    ...probe,
    keysCreated(kid: string) {
      const fields = { 'glasshouse.key_id': kid };
      telemetry.fact({ action: 'keys.created', message: 'The first signing keys were made.', fields });
    },
    /** @param readAgeSeconds is asked at each scrape */
    watchSigningKey(readAgeSeconds: () => number) {
      const help = 'Age of the key that signs.';
      metrics.observableGauge({ name: 'signing_key_age_seconds', help }, readAgeSeconds);
    },
    /** Hashing is what a flood of logins exhausts first. @param readInFlight is asked at each scrape */
    watchPasswordHashing(readInFlight: () => number) {
      const help = 'Password hashes that are computed or wait for it.';
      metrics.observableGauge({ name: 'password_hashes_in_flight', help }, readInFlight);
    },
  };
};
