# Test the Terraform code with the real terraform, without AWS and without Terraform's registry:
# formatting, validation, terraform/tests, and the commands of terraform/README.md up to `plan`. A
# stand-in (tests/terraform/provider.cjs) serves the schema of the AWS provider. The suite is skipped
# when terraform, node or one of three npm packages is missing.
. "$(dirname -- "$0")/lib.sh"

PACKAGES='@grpc/grpc-js@1.14.7 @grpc/proto-loader@0.8.1 @msgpack/msgpack@3.1.3'
CACHE=${ES_TERRAFORM_CACHE:-${XDG_CACHE_HOME:-${HOME:-$WORK}/.cache}/echostream}/terraform-$(echo "$PACKAGES" | cksum | cut -d ' ' -f 1)

leave_out() {
	skip terraform "$*"
	exit 0
}

# The lowest version that terraform/*.tf accept.
version_is_enough() {
	terraform version 2>/dev/null | sed -n '1s/^Terraform v//p' |
		awk -F. '{ exit !($1 > 1 || $1 == 1 && $2 >= 9) }'
}

# GOGC=400 makes Go collect garbage less often, which saves a quarter of terraform's time.
export GOGC=400
export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_CLI_CONFIG_FILE="$WORK/terraform.rc"
: >"$TF_CLI_CONFIG_FILE"
have terraform || leave_out 'terraform is not installed; Debian has no package of it'
version_is_enough || leave_out 'terraform is older than 1.9'
NODE=$(command -v node) || leave_out 'needs node'
[ "$("$NODE" -p 'parseInt(process.versions.node)')" -ge 18 ] || leave_out 'needs node 18'
[ -f "$CACHE/ready" ] || {
	have npm || leave_out 'needs npm'
	mkdir -p "$CACHE" || exit 1
	# shellcheck disable=SC2086
	said=$(cd "$CACHE" && timeout 180 npm install --ignore-scripts --no-audit --no-fund --silent $PACKAGES 2>&1) ||
		leave_out "npm could not fetch $PACKAGES: $(printf %s "$said" | tail -n 1)"
	: >"$CACHE/ready"
}

# Work on copies, because terraform writes beside the files that it reads.
mkdir "$WORK/good" "$WORK/bad"
cp -R terraform/. "$WORK/good" && cp -R terraform/. "$WORK/bad" || exit 1

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

# init FOLDER: run terraform init, and print its output when it fails
init() {
	terraform -chdir="$1" init -backend=false -input=false -no-color >"$WORK/init.log" 2>&1 || {
		cat "$WORK/init.log"
		return 1
	}
}

# run_tests FOLDER: run FOLDER/tests and print the results as report.py formats them. -verbose adds the
# state of each run to FOLDER.json, which settings.py reads.
run_tests() {
	terraform -chdir="$1" test -json -verbose | tee "$1.json" | python3 tests/terraform/report.py "$1"
}

# as_printed ENVIRONMENT: run the commands that terraform/README.md prints, in the copy
as_printed() {
	(
		cd "$WORK/good/envs/$1" || exit 1
		cp terraform.tfvars.example terraform.tfvars
		printf -- '-----BEGIN CERTIFICATE-----\n' >rds-ca.pem
		terraform init -input=false
		terraform plan -input=false -var="gateway_image=example/api:1" -var="fanout_image=example/fanout:1"
	) >"$WORK/$1.plan" 2>&1
	code=$?
	grep '^Plan: ' "$WORK/$1.plan" || cat "$WORK/$1.plan"
	[ $code -eq 0 ] && grep -qE '^Plan: 1[0-9]{2} to add, 0 to change, 0 to destroy' "$WORK/$1.plan"
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
result $? 'terraform fmt has nothing to change'
printf 'locals {\n a=1\n}\n' >"$WORK/bad/unformatted.tf"
! terraform fmt -check "$WORK/bad" >/dev/null
result $? 'terraform fmt finds a planted fault'
export TF_CLI_ARGS=-no-color
for env in dev prod; do
	as_printed $env
	result $? "envs/$env: init and plan, as the README prints them"
	terraform -chdir="$WORK/good/envs/$env" validate
	result $? "envs/$env: validate"
done
grep -q '+ websocket_url .*"wss://chat-dev.example.com/ws"' "$WORK/dev.plan" && grep -q '+ api_url .*"https://chat.example.com/api/v1"' "$WORK/prod.plan"
result $? 'a plan shows the addresses'
grep -q 'publicly_accessible .*= false' "$WORK/prod.plan" && ! grep -qE '(assign_public_ip|publicly_accessible|map_public_ip_on_launch) += true' "$WORK/dev.plan" "$WORK/prod.plan"
result $? 'no plan makes anything public but the load balancer'
cat >>"$WORK/good/envs/dev/main.tf" <<'END'
resource "aws_sqs_queue" "planted" {
  fifo_que = true
}
END
! terraform -chdir="$WORK/good/envs/dev" validate >/dev/null 2>&1
result $? 'terraform validate finds a misspelt argument'
part 'the house rules of terraform' python3 tests/terraform/house.py terraform
python3 tests/terraform/migrate_script.py "$WORK"
