# The Terraform code, by the real terraform without AWS and without Terraform's registry: form,
# validation, and the tests of terraform/tests. A stand-in (tests/terraform/provider.cjs) serves the
# schema of the AWS provider. Skipped without terraform, node, or npm's two packages for gRPC.
. "$(dirname -- "$0")/lib.sh"

GRPC=1.14.7 LOADER=0.8.1
CACHE=${ES_TERRAFORM_CACHE:-${XDG_CACHE_HOME:-${HOME:-$WORK}/.cache}/echostream}/grpc-$GRPC-$LOADER

leave_out() {
	skip terraform "$*"
	exit 0
}

# The lowest version that terraform/*.tf accept.
version_is_enough() {
	terraform version 2>/dev/null | sed -n '1s/^Terraform v//p' |
		awk -F. '{ exit !($1 > 1 || $1 == 1 && $2 >= 9) }'
}

export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_CLI_CONFIG_FILE="$WORK/terraform.rc"
: >"$TF_CLI_CONFIG_FILE"
have terraform || leave_out 'terraform is not installed; Debian has no package of it'
version_is_enough || leave_out 'terraform is older than 1.9'
NODE=$(command -v node) || leave_out 'needs node'
[ "$("$NODE" -p 'parseInt(process.versions.node)')" -ge 18 ] || leave_out 'needs node 18'
[ -f "$CACHE/ready" ] || {
	have npm || leave_out 'needs npm'
	mkdir -p "$CACHE" || exit 1
	said=$(cd "$CACHE" && timeout 180 npm install --ignore-scripts --no-audit --no-fund --silent \
		"@grpc/grpc-js@$GRPC" "@grpc/proto-loader@$LOADER" 2>&1) ||
		leave_out "npm could not fetch @grpc/grpc-js: $(printf %s "$said" | tail -n 1)"
	: >"$CACHE/ready"
}

# Copies, because terraform writes beside the files that it reads.
mkdir "$WORK/good" "$WORK/bad"
cp -R terraform/. "$WORK/good" && cp -R terraform/. "$WORK/bad" || exit 1
printf -- '-----BEGIN CERTIFICATE-----\n' | tee "$WORK/good/rds-ca.pem" >"$WORK/bad/rds-ca.pem"

NODE_PATH=$CACHE/node_modules "$NODE" tests/terraform/provider.cjs >"$WORK/provider" 2>"$WORK/provider.log" &
provider=$!
trap 'code=$?; kill $provider 2>/dev/null; suite_end $code' EXIT
limit=$(($(date +%s) + 60))
until [ -s "$WORK/provider" ]; do
	kill -0 $provider 2>/dev/null && [ "$(date +%s)" -lt $limit ] || {
		cat "$WORK/provider.log"
		die 1 'the stand-in of the AWS provider did not start'
	}
	sleep 0.1
done
TF_REATTACH_PROVIDERS=$(cat "$WORK/provider")
export TF_REATTACH_PROVIDERS

# init FOLDER
init() {
	terraform -chdir="$1" init -backend=false -input=false -no-color >"$WORK/init.log" 2>&1 || {
		cat "$WORK/init.log"
		return 1
	}
}

# run_tests FOLDER: print report.py's lines of all files of FOLDER/tests. Those of the environments get
# the values of the example, and the two images as the README gives them.
run_tests() {
	(
		cd "$1" || exit 1
		for file in tests/*.tftest.hcl; do
			case $file in
			*/env_*) ;;
			*) set -- "$@" "-filter=$file" ;;
			esac
		done
		shift
		# -verbose adds the state of each run, which settings.py reads.
		terraform test -json -verbose "$@"
		[ "$PWD" = "$WORK/bad" ] || for env in dev prod; do
			terraform test -json -filter="tests/env_$env.tftest.hcl" \
				-var-file="envs/$env/terraform.tfvars.example" -var=gateway_image=example/api:1 -var=fanout_image=example/fanout:1
		done
	) | tee "$1.json" | python3 tests/terraform/report.py "$1"
}

python3 tests/terraform/faults.py plant "$WORK/bad" || exit 1
init "$WORK/good" && init "$WORK/bad"
result $? 'terraform init needs no provider but aws'
run_tests "$WORK/bad" >"$WORK/bad.said" 2>&1 &
planted=$!
part 'terraform test' run_tests "$WORK/good"
part 'settings of tasks' python3 tests/terraform/settings.py "$WORK/good.json" "$BUILD"
wait $planted
part 'planted faults' python3 tests/terraform/faults.py judge "$WORK/bad.said"

terraform fmt -check -recursive terraform
result $? 'terraform fmt'
printf 'locals {\n a=1\n}\n' >"$WORK/bad/unformatted.tf"
! terraform fmt -check "$WORK/bad" >/dev/null
result $? 'terraform fmt finds a planted fault'
for env in dev prod; do
	init "$WORK/good/envs/$env" && terraform -chdir="$WORK/good/envs/$env" validate -no-color
	result $? "terraform validate envs/$env"
done
cat >>"$WORK/good/envs/dev/main.tf" <<'END'
resource "aws_sqs_queue" "planted" {
  fifo_que = true
}
END
! terraform -chdir="$WORK/good/envs/dev" validate >/dev/null 2>&1
result $? 'terraform validate finds a misspelt argument'
part 'rules of the house' python3 tests/terraform/house.py terraform
python3 tests/terraform/migrate_script.py "$WORK"
