// Etcd, the Kubernetes API server's store. Its own command cannot be installed by version: it has replaced modules.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
