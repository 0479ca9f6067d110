import { isFiring, keyOf, type NotifiedAlert, toMessage } from './webhook.js';

export interface NotifierOptions {
  readonly urls: readonly string[];
  /** Of the Prometheus API, for links. */
  readonly externalUrl: () => string;
  /** Milliseconds until the first repetition; each further one waits twice as long. */
  readonly retryAfterMs?: number;
  readonly timeoutMs?: number;
}

export interface Notifier {
  /** Takes every alert that fires or has fired, and tells each receiver what it does not know yet. Never waits. */
  notify(alerts: readonly NotifiedAlert[]): void;
  stop(): void;
  stats(): { delivered: number; failed: number };
}

const maxAttempts = 5;

/** What one receiver knows of the alerts of one name. There is one per name, so nothing can pile up. */
interface Topic {
  readonly name: string;
  latest: readonly NotifiedAlert[];
  /** The alerts that it was told are firing. */
  known: ReadonlySet<string>;
  attempts: number;
  isBusy: boolean;
  retry: NodeJS.Timeout | undefined;
}

/**
 * Tells webhooks of alerts in Alertmanager's form. What is sent is always how things are at that moment, so a receiver
 * that was away hears of the present, not of the past. After five attempts in vain it is only tried again when
 * something changes.
 */
export const createNotifier = (options: NotifierOptions): Notifier => {
  const { urls, externalUrl, retryAfterMs = 1_000, timeoutMs = 5_000 } = options;
  const stopping = new AbortController();
  const receivers = urls.map((url) => ({ url, topics: new Map<string, Topic>() }));
  let delivered = 0;
  let failed = 0;

  const post = async (url: string, message: unknown): Promise<void> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      redirect: 'error',
      signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(timeoutMs)]),
    });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`answered ${response.status}`);
  };

  const send = async (url: string, topic: Topic): Promise<void> => {
    const firing = new Set(topic.latest.filter(isFiring).map(keyOf));
    const alerts = topic.latest.filter((one) => isFiring(one) || topic.known.has(keyOf(one)));
    topic.isBusy = true;
    try {
      await post(url, toMessage(topic.name, alerts, externalUrl()));
      delivered++;
      topic.known = firing;
      topic.attempts = 0;
    } catch {
      failed++;
      topic.attempts++;
      if (topic.attempts < maxAttempts) retryLater(url, topic);
    }
    topic.isBusy = false;
    tell(url, topic);
  };

  const retryLater = (url: string, topic: Topic): void => {
    topic.retry = setTimeout(
      () => {
        topic.retry = undefined;
        tell(url, topic);
      },
      retryAfterMs * 2 ** (topic.attempts - 1),
    ).unref();
  };

  const tell = (url: string, topic: Topic): void => {
    const isWaiting = topic.isBusy || topic.retry !== undefined || topic.attempts >= maxAttempts;
    if (!isWaiting && !stopping.signal.aborted && hasNews(topic)) void send(url, topic);
  };

  const update = (receiver: (typeof receivers)[number], name: string, latest: readonly NotifiedAlert[]): void => {
    const fresh: Topic = { name, latest: [], known: new Set(), attempts: 0, isBusy: false, retry: undefined };
    const topic = receiver.topics.get(name) ?? fresh;
    receiver.topics.set(name, topic);
    if (stateOf(topic.latest) !== stateOf(latest) && topic.attempts >= maxAttempts) topic.attempts = 0;
    topic.latest = latest.map(({ alert, query }) => ({ alert: { ...alert }, query }));
    tell(receiver.url, topic);
  };

  return {
    notify(alerts) {
      const byName = new Map<string, NotifiedAlert[]>();
      for (const one of alerts) {
        const name = one.alert.labels.alertname ?? '';
        byName.set(name, [...(byName.get(name) ?? []), one]);
      }
      for (const receiver of receivers) {
        const names = new Set([...byName.keys(), ...receiver.topics.keys()]);
        for (const name of names) update(receiver, name, byName.get(name) ?? []);
      }
    },
    stop() {
      stopping.abort();
      for (const { topics } of receivers) for (const { retry } of topics.values()) clearTimeout(retry);
    },
    stats: () => ({ delivered, failed }),
  };
};

const stateOf = (alerts: readonly NotifiedAlert[]): string => alerts.filter(isFiring).map(keyOf).sort().join();

/** Something fires that the receiver does not know, or what it knows does not fire any more. */
const hasNews = ({ latest, known }: Topic): boolean => {
  const firing = latest.filter(isFiring).map(keyOf);
  return firing.length !== known.size || firing.some((key) => !known.has(key));
};
