# ./dev help

verb_help() {
	cat <<'END'
./dev COMMAND

  up [-d] [--queue=sqs]     install missing packages, build, start, add demo data; Ctrl-C stops
                            -d: in the background; returns when all programs are ready
                            --queue=sqs: use an SQS server from npm instead of Redis
                            (it loses all messages when it stops)
                            --queue=own: use a second Redis for the queue only
  down                      stop the programs that `up` started
  restart [PROGRAM...]      restart fanout, push or api (default: all three) without a 503:
                            start a new master beside the old master, and stop the old
                            master when the new one is ready
  status [-o env|json]      print addresses, keys and programs; exit 3 when not running
  test [SUITE...|all]       build and test; ./dev test help names the suites
  lint                      the suites lint and tidy, which check the code
  faults [--queue=sqs] [--minutes N] [--seed S] [--kinds A,B,-C]
                            cause faults on a stack of its own under load, and check the
                            promises
                            --machine: also faults of network and disks, in namespaces (root)
  mutate [--count N] [--seed S] [FILE[:LINE]...]
                            break N lines in a copy of the tree, one at a time, and list the
                            edits that no quick test notices (exit 1 when there are any)
                            --list: list the edits, try none
  bench [WORKLOAD...] [--runs N] [--minutes N]
                            measure EchoStream beside a floor on a private stack, and print
                            ratios; --help lists the workloads
  build [TARGET]            compile only
  packages [up]             print a script for root that installs missing packages and starts
                            no daemon: ./dev packages | sudo sh
                            up: without the packages that only tests need
  url                       print the URL of the running stack (lighttpd)
  token USER                print a token for a user of the demo tenant acme (or of ES_TENANT)
  ctl ...                   run echostreamctl with the running stack's settings
  logs [-f] [PROGRAM]       print logs of postgres redis fanout push api lighttpd up
  psql [--app|--owner]      SQL shell, as superuser (sees all tenants)
                            --app: as the role of the programs, under row-level security
                            --owner: as the role of the migrations
  redis-cli ...             Redis shell
  reset [-y]                delete the database and Redis's data; the next `up` makes new ones
  clean                     stop the stack and delete its folder (.dev, or ES_DEV_DIR) with all
                            data; the builds (build*/) stay
  doctor                    check packages, ports, disk and limits, and suggest repairs

Settings (environment):
  ES_PORT        port of lighttpd (8080, else the next free one)
  ES_PUSH_PORT   port of push-server itself (8082, else the next free one)
  ES_DEV_DIR     folder of the stack (.dev); each folder is a stack of its own
  ES_BUILD_DIR   folder of the build (build)
  ES_DEV_TCP     on: the programs use TCP to PostgreSQL and Redis (usual ports of loopback)
  NO_COLOR, CI   NO_COLOR set, or CI=true: print no colors

Everything listens on 127.0.0.1 or on unix sockets in run/ of the stack's folder.
Exit status: 0 success, 1 failure, 2 wrong use or something missing, 3 not running.
END
}
