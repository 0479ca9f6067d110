/** A resource of a kustomize build as far as the rules look at it. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
}

interface Container {
  readonly image: string;
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
  readonly resources?: { readonly requests?: object; readonly limits?: { readonly memory?: string } };
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[] };
  };
}

interface Probe {
  readonly httpGet?: { readonly port: string };
}

interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly seccompProfile?: { readonly type?: string };
  };
  readonly containers: readonly Container[];
}

/** The console has one replica on purpose; see infra/kubernetes/base/console.yaml. */
const single = ['console'];

/** What is wrong with a build by this house's rules, each as a sentence. */
export const checkKubernetes = (resources: readonly Resource[], services: readonly string[]): string[] => {
  const find = (kind: string, name: string): Resource | undefined =>
    resources.find((resource) => resource.kind === kind && resource.metadata.name === name);
  const isScaled = resources.some(({ kind }) => kind === 'HorizontalPodAutoscaler');
  const ofServices = services.flatMap((name) => {
    const deployment = find('Deployment', name);
    if (deployment === undefined) return [`there is no Deployment ${name}`];
    const wanted = [
      'Service',
      'NetworkPolicy',
      ...(single.includes(name) ? [] : ['PodDisruptionBudget', ...(isScaled ? ['HorizontalPodAutoscaler'] : [])]),
    ];
    return [
      ...wanted.filter((kind) => find(kind, name) === undefined).map((kind) => `${name} has no ${kind}`),
      ...checkPod(toPodSpec(deployment)).map((problem) => `${name} ${problem}`),
    ];
  });
  return [
    ...ofServices,
    ...(find('NetworkPolicy', 'default-deny') === undefined ? ['nothing is denied by default'] : []),
    ...(resources.some(({ kind }) => kind === 'ServiceMonitor') ? [] : ['nobody reads the metrics: no ServiceMonitor']),
    ...resources
      .filter(({ kind, metadata }) => kind !== 'Namespace' && metadata.namespace !== 'glasshouse')
      .map(({ kind, metadata }) => `${kind} ${metadata.name} is in another namespace`),
  ];
};

const toPodSpec = ({ spec }: Resource): PodSpec => (spec as { template: { spec: PodSpec } }).template.spec;

/** The restricted Pod Security Standard, and more: kubernetes.io/docs/concepts/security/pod-security-standards. */
const checkPod = ({ securityContext: pod, automountServiceAccountToken, containers }: PodSpec): string[] => [
  ...(pod?.runAsNonRoot === true && (pod.runAsUser ?? 0) > 0 ? [] : ['may run as root']),
  ...(pod?.seccompProfile?.type === 'RuntimeDefault' ? [] : ['has no seccomp profile']),
  ...(automountServiceAccountToken === false ? [] : ['is given a token of the cluster']),
  ...containers.flatMap(({ image, securityContext: own, resources, ...probes }) => [
    ...(own?.allowPrivilegeEscalation === false ? [] : ['may gain privileges']),
    ...(own?.readOnlyRootFilesystem === true ? [] : ['may write to its root']),
    ...(own?.capabilities?.drop?.includes('ALL') === true ? [] : ['keeps capabilities']),
    ...(resources?.requests !== undefined && resources.limits?.memory !== undefined
      ? []
      : ['has no requests or no memory limit']),
    ...(['livenessProbe', 'readinessProbe', 'startupProbe'] as const)
      .filter((probe) => probes[probe]?.httpGet?.port !== 'admin')
      .map((probe) => `has no ${probe} at its admin port`),
    ...(/:(?!latest$)[\w.-]+$/.test(image) ? [] : [`has an image without a version: ${image}`]),
  ]),
];
