/** The kinds of resources that are listed and watched, and how each is read. */

import {
  type ObservedApplication,
  observedApplication,
} from '../../../core/applications/rules/observed-application.ts';
import type { Observation } from '../../../core/operations/rules/observed/observation.ts';
import type { FollowedKind } from '../resource.ts';
import { observedOperation } from './observed-operation.ts';

export const operations: FollowedKind<Observation> = {
  resource: 'operations',
  groupVersion: 'ops.vworkspace.io/v1alpha1',
  observed: observedOperation,
};
export const applicationInstances: FollowedKind<ObservedApplication> = {
  resource: 'applicationinstances',
  groupVersion: 'apps.vworkspace.io/v1alpha1',
  observed: observedApplication,
};
