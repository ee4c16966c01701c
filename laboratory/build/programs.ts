/**
 * The programs that the laboratory builds from their Go modules: which versions, and what is special about each. One
 * place to change a version; what is built is kept by what it was built from.
 */

export interface GoModule {
  readonly path: string;
  readonly version: string;
}

export interface Program {
  readonly name: string;
  readonly module: GoModule;
  /** What is built: a package of the module, or the laboratory's own few lines around one. */
  readonly build: { readonly package: string } | { readonly main: string };
  /** Variables that the linker sets, so that the program tells its version. */
  readonly set?: Readonly<Record<string, string>>;
}

const kubernetes: GoModule = { path: 'k8s.io/kubernetes', version: 'v1.36.3' };

const kubernetesVersion = {
  'k8s.io/component-base/version.gitVersion': kubernetes.version,
  'k8s.io/component-base/version.gitMajor': '1',
  'k8s.io/component-base/version.gitMinor': '36',
};

export const clusterPrograms: readonly Program[] = [
  {
    name: 'etcd',
    module: { path: 'go.etcd.io/etcd/server/v3', version: 'v3.6.16' },
    build: {
      main: `package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
`,
    },
  },
  {
    name: 'kube-apiserver',
    module: kubernetes,
    build: { package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
    set: kubernetesVersion,
  },
  {
    name: 'kube-controller-manager',
    module: kubernetes,
    build: { package: 'k8s.io/kubernetes/cmd/kube-controller-manager' },
    set: kubernetesVersion,
  },
];
