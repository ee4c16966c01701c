/** The kinds of resources that are listed and watched, with what is kept of each. */
import { type ObservedApplication, observedApplication } from '../../core/applications/rules/observed-application.ts';
import type { Observation } from '../../core/operations/rules/observe.ts';
import { observedOperation } from './observed-operation.ts';
import type { Kind } from './resource.ts';

export const operations: Kind<Observation> = {
  resource: 'operations',
  groupVersion: 'ops.vworkspace.io/v1alpha1',
  observed: observedOperation,
};
export const applicationInstances: Kind<ObservedApplication> = {
  resource: 'applicationinstances',
  groupVersion: 'apps.vworkspace.io/v1alpha1',
  observed: observedApplication,
};
