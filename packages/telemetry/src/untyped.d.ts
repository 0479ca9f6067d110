// What this package uses of three libraries whose own types are missing, or leave out what is needed here.
// The members that start with an underscore are theirs: they are frozen by the exact versions in package.json.

declare module 'fluent-logger/lib/sender.js' {
  import type { Socket } from 'node:net';

  interface FluentSenderOptions {
    eventMode: 'PackedForward';
    host: string;
    port: number;
    timeout: number;
    requireAckResponse: boolean;
    enableReconnect: boolean;
    internalLogger: { info(): void; error(): void };
  }

  class FluentSender {
    constructor(tag: string, options: FluentSenderOptions);
    protected _socket: Socket | null;
    protected _sendQueueSize: number;
    protected _connect(callback: () => void): void;
    protected _doConnect(callback: () => void): void;
    protected _disconnect(): void;
    protected _push(tag: string, time: undefined, data: Buffer): void;
    protected _makeEventEntry(time: undefined, data: Buffer): Buffer;
    protected _doFlushSendQueue(): void;
    protected _doWrite(packet: Buffer, options: { chunk: string }): void;
  }
  export = FluentSender;
}

declare module 'jaeger-client' {
  import type * as opentracing from 'opentracing';

  interface JaegerTag {
    key: string;
    value: unknown;
  }

  export class SpanContext extends opentracing.SpanContext {
    static withStringIds(traceId: string, spanId: string, parentId: string | null, flags: number): SpanContext;
    readonly traceIdStr: string | null;
    readonly spanIdStr: string | null;
    readonly parentIdStr: string | null | undefined;
    isSampled(): boolean;
  }

  export class Span extends opentracing.Span {
    override context(): SpanContext;
    readonly operationName: string;
    readonly serviceName: string;
    /** Epoch milliseconds. */
    readonly _startTime: number;
    /** Milliseconds. */
    readonly _duration: number;
    readonly _tags: JaegerTag[];
    readonly _logs: { timestamp: number; fields: JaegerTag[] }[];
    readonly _references: opentracing.Reference[];
  }

  export interface Reporter {
    name(): string;
    report(span: Span): void;
    close(callback?: () => void): void;
    setProcess(serviceName: string, tags: JaegerTag[]): void;
  }

  export class ProbabilisticSampler {
    constructor(ratio: number);
  }

  export class Tracer extends opentracing.Tracer {
    constructor(
      service: string,
      reporter: Reporter,
      sampler: ProbabilisticSampler,
      options: { traceId128bit: boolean },
    );
    registerInjector(format: string, injector: { inject(context: SpanContext, carrier: object): void }): void;
    registerExtractor(format: string, extractor: { extract(carrier: unknown): SpanContext | null }): void;
    close(callback?: () => void): void;
  }
}

declare module 'thriftrw' {
  export class Thrift {
    constructor(options: { source: string; allowOptionalArguments?: boolean });
    readonly Batch: { fromBuffer(bytes: Buffer): unknown };
  }
}
