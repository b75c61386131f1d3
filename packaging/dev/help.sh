# ./dev help

verb_help() {
	cat <<'END'
./dev WORD

  up [-d] [--queue=sqs]     install what is missing, build, start, seed; Ctrl-C stops it
                            -d: in the background, returns when all is ready
                            --queue=sqs: on an SQS server from npm in place of Redis
                            (it keeps nothing when it is stopped);
                            --queue=own: on a second Redis that holds only the queue
  down                      stop what `up` started
  restart [PROGRAM...]      start fanout, push or api (all three) anew, each beside the old
                            one, which is stopped when the new one is ready; no 503
  status [-o env|json]      addresses, keys, programs; exit 3 when not running
  test [SUITE|all]          build and test; ./dev test help names the suites
  lint                      the suites lint and tidy, which read the code
  faults [--queue=sqs] [--minutes N] [--seed S] [--kinds A,B,-C]
                            break a stack of its own under load and judge what came of it;
                            --machine: also its network and disks, in namespaces (root)
  build [TARGET]            compile only
  packages [up]             a script for root that installs what is missing and starts no
                            daemon: ./dev packages | sudo sh
  url                       the address of the running stack's front door
  token USER                a token for a user of the demo tenant acme (ES_TENANT: another)
  ctl ...                   echostreamctl with the running stack's settings
  logs [-f] [PROGRAM]       postgres redis fanout push api lighttpd up
  psql [--app|--owner]      SQL shell, as superuser (sees all tenants); --app: as the
                            programs' role, under row-level security; --owner: as migrations
  redis-cli ...             Redis shell
  reset [-y]                throw the database away; the next `up` seeds it anew
  clean                     down, and remove .dev/; the builds (build*/) stay
  doctor                    what is installed, which ports are taken, what to do about it

Settings (environment):
  ES_PORT        port of the front door (8080, else the next free one)
  ES_PUSH_PORT   port of the push server itself (8082, else the next free one)
  ES_DEV_DIR     folder of the stack (.dev); each folder is a stack of its own
  ES_BUILD_DIR   folder of the build (build)
  ES_DEV_TCP     on: the programs talk TCP to PostgreSQL and Redis (usual ports of loopback)
  NO_COLOR, CI   no colors; CI=true: no questions either

Everything listens on 127.0.0.1 or on unix sockets below .dev/run.
Exit: 0 good, 1 failed, 2 wrong use or something missing, 3 not running.
END
}
