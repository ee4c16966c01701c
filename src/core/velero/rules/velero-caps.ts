/** How many resources of Velero that others made are recorded of a cluster. Those of our Operations always are. */
export const maxOthersCount = 20_000;
