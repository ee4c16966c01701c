/** /v1/application-instances/{id}/retire and /move: an application that is gone, and one that is somewhere else now. */

import type { AdoptionTables } from '../../core/applications/adopt.ts';
import { moveApplicationInstance, retireApplicationInstance } from '../../core/applications/retire.ts';
import { ApplicationInstance, ApplicationMove } from '../../core/applications/rules/application.ts';
import type { EventsTable } from '../../core/kernel/ports.ts';
import { answerOnce, done } from '../kit/calls.ts';
import { ById, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const tag = 'application-instances';
const scope = 'application-instances:write';

export function retireApplicationRoutes(api: Api, ports: RoutePorts<AdoptionTables & EventsTable>): void {
  api.post(
    '/v1/application-instances/:id/retire',
    about(
      {
        operationId: 'retireApplicationInstance',
        scope,
        tag,
        summary: 'Retire an application instance',
        description:
          'For an application that is gone, or is not backed up any more. The record, its Operations, its events and its recovery points stay, and lists leave it out unless they are asked (`includeRetired`). It takes no schedules, Operations or protection plans any more, and its protection is not judged. Its place may be registered or adopted again, as another application instance. The service refuses it with `in-use`, with counts, while a protection plan is applied, schedules exist, or Operations have not ended. Nothing happens in the cluster. Retiring it again changes nothing.',
      },
      { params: ById, headers: PostHeaders, response: { 200: ApplicationInstance } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) => done(await retireApplicationInstance(call, request.params.id))),
  );

  api.post(
    '/v1/application-instances/:id/move',
    about(
      {
        operationId: 'moveApplicationInstance',
        scope,
        tag,
        summary: 'Move or rename an application instance',
        description:
          'Records that the application is in another cluster or namespace, or has another name there. Its schedules, its protection plan and its history follow, and its next backups are made there. Operations and recovery points of before keep their place: a restore from one of them needs the storage location of that cluster. The service refuses it with `in-use` while Operations have not ended, and with `already-exists` when another application instance is registered at that place. Nothing happens in a cluster.',
      },
      { params: ById, headers: PostHeaders, body: ApplicationMove, response: { 200: ApplicationInstance } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) =>
        done(await moveApplicationInstance(call, request.params.id, request.body)),
      ),
  );
}
