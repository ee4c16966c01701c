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
export const veleroVersion = 'v1.18.3';

const kubernetesVersion = {
  'k8s.io/component-base/version.gitVersion': kubernetes.version,
  'k8s.io/component-base/version.gitMajor': '1',
  'k8s.io/component-base/version.gitMinor': '36',
};

/** Without them there is no cluster. */
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

/** Its server without its command line, which needs modules of Kubernetes that are not served everywhere. */
const veleroMain = `package main

import (
	"encoding/json"
	"os"

	"github.com/spf13/cobra"
	v1 "github.com/vmware-tanzu/velero/config/crd/v1/crds"
	v2alpha1 "github.com/vmware-tanzu/velero/config/crd/v2alpha1/crds"
	"github.com/vmware-tanzu/velero/pkg/client"
	"github.com/vmware-tanzu/velero/pkg/cmd/server"
	"github.com/vmware-tanzu/velero/pkg/cmd/server/plugin"
)

func main() {
	config, err := client.LoadConfig()
	if err != nil {
		panic(err)
	}
	factory := client.NewFactory("velero", config)
	root := &cobra.Command{Use: "velero"}
	factory.BindFlags(root.PersistentFlags())
	kinds := &cobra.Command{Use: "kinds", RunE: func(*cobra.Command, []string) error {
		return json.NewEncoder(os.Stdout).Encode(append(v1.CRDs, v2alpha1.CRDs...))
	}}
	root.AddCommand(server.NewCommand(factory), plugin.NewCommand(factory), kinds)
	if root.Execute() != nil {
		os.Exit(1)
	}
}
`;

/** Velero, its way to object storage, and a storage in memory. A cluster without them serves all but real copies. */
export const veleroPrograms: readonly Program[] = [
  {
    name: 'storage',
    module: { path: 'github.com/johannesboyne/gofakes3', version: 'v1.2.0' },
    build: {
      main: `package main

import (
	"log"
	"net/http"
	"os"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

func main() {
	backend := s3mem.New()
	if err := backend.CreateBucket(os.Args[2]); err != nil {
		log.Fatal(err)
	}
	log.Fatal(http.ListenAndServe(os.Args[1], gofakes3.New(backend).Server()))
}
`,
    },
  },
  {
    name: 'velero-plugin-for-aws',
    module: { path: 'github.com/vmware-tanzu/velero-plugin-for-aws', version: 'v1.14.3' },
    build: { package: 'github.com/vmware-tanzu/velero-plugin-for-aws/velero-plugin-for-aws' },
  },
  {
    name: 'velero',
    module: { path: 'github.com/vmware-tanzu/velero', version: veleroVersion },
    build: { main: veleroMain },
    set: { 'github.com/vmware-tanzu/velero/pkg/buildinfo.Version': veleroVersion },
  },
];
