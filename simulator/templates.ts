// The operator's built-in templates: which pairs of type and engine exist, what the target must declare, and which
// parameters they take. The schemas are closed: an unknown parameter is refused.

import type { Json, JsonObject } from './json.ts';
import { isObject, text } from './json.ts';

type ParameterType = 'string' | 'boolean' | 'integer' | 'strings' | 'array' | 'stringMap' | 'object';

export interface Template {
  readonly type: string;
  readonly engine: string;
  /** The annotation of the target whose value must be the engine. */
  readonly capability: string;
  readonly approval: boolean;
  readonly required: readonly string[];
  readonly parameters: Readonly<Record<string, ParameterType>>;
}

const capability = (word: string): string => `ops.vworkspace.io/${word}`;

const OLD_BACKUP: Template['parameters'] = {
  retention: 'string',
  snapshotClassName: 'string',
  storageLocation: 'string',
};
const OLD_RESTORE: Template['parameters'] = {
  backupName: 'string',
  namespaceMapping: 'stringMap',
  restorePVs: 'boolean',
};

const TEMPLATES: readonly Template[] = [
  {
    type: 'Backup',
    engine: 'velero',
    capability: capability('backup'),
    approval: false,
    required: [],
    parameters: {
      ...OLD_BACKUP,
      ttl: 'string',
      csiSnapshotClassName: 'string',
      snapshotVolumes: 'boolean',
      includedResources: 'strings',
      excludedResources: 'strings',
    },
  },
  {
    type: 'Restore',
    engine: 'velero',
    capability: capability('restore'),
    approval: true,
    required: ['backupName'],
    parameters: {
      ...OLD_RESTORE,
      existingResourcePolicy: 'string',
      includedResources: 'strings',
      excludedResources: 'strings',
    },
  },
  {
    type: 'Upgrade',
    engine: 'helm',
    capability: capability('upgrade'),
    approval: false,
    required: [],
    parameters: { targetVersion: 'string', valuesPatch: 'object' },
  },
  {
    type: 'Migration',
    engine: 'helmHookJob',
    capability: capability('migration'),
    approval: false,
    required: ['hookName'],
    parameters: { hookName: 'string', activeDeadlineSeconds: 'integer', backoffLimit: 'integer' },
  },
  {
    type: 'RunCommand',
    engine: 'job',
    capability: capability('runcommand'),
    approval: false,
    required: ['image'],
    parameters: {
      image: 'string',
      command: 'strings',
      args: 'strings',
      env: 'array',
      activeDeadlineSeconds: 'integer',
      timeoutSeconds: 'integer',
      backoffLimit: 'integer',
      serviceAccountName: 'string',
    },
  },
  {
    type: 'Runbook',
    engine: 'workflow',
    capability: capability('runbook'),
    approval: false,
    required: ['template'],
    parameters: {
      template: 'string',
      targetChartVersion: 'string',
      snapshotClassName: 'string',
      timeoutSeconds: 'integer',
      failureAction: 'string',
    },
  },
];

/** Whether that release of the operator is from before 0.0.7. */
export function isOldOperator(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major === 0 && minor === 0 && patch < 7;
}

/** The template of the pair; `old` narrows the parameters to those of operators before 0.0.7. */
export function templateOf(type: string, engine: string, old: boolean): Template | undefined {
  const template = TEMPLATES.find((each) => each.type === type && each.engine === engine);
  if (template === undefined || !old) return template;
  if (type === 'Backup') return { ...template, parameters: OLD_BACKUP };
  return type === 'Restore' ? { ...template, parameters: OLD_RESTORE } : template;
}

const allStrings = (values: readonly Json[]): boolean => values.every((value) => typeof value === 'string');

function fits(type: ParameterType, value: Json): boolean {
  switch (type) {
    case 'string':
    case 'boolean':
      return typeof value === type;
    case 'integer':
      return Number.isInteger(value);
    case 'strings':
      return Array.isArray(value) && allStrings(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'stringMap':
      return isObject(value) && allStrings(Object.values(value));
  }
}

/** What is wrong with the parameters; '' when they fit. */
export function parameterProblem(template: Template, parameters: JsonObject): string {
  for (const name of template.required) {
    if (text(parameters, name) === '') return `parameters.${name} is required`;
  }
  for (const [name, value] of Object.entries(parameters)) {
    const type = Object.hasOwn(template.parameters, name) ? template.parameters[name] : undefined;
    if (type === undefined) return `parameters.${name}: Additional property ${name} is not allowed`;
    if (!fits(type, value)) return `parameters.${name}: Invalid type. Expected: ${type}`;
  }
  return '';
}
