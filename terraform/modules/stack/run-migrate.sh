#!/bin/sh
# Run the migrate task once and wait until it has stopped. Exit with 0 only if each container exited with 0.
#
# Environment: AWS_REGION, CLUSTER, TASK_DEFINITION, SUBNETS (comma separated), SECURITY_GROUP,
# LOG_GROUP. `terraform apply` calls this; `terraform output migrate_command` prints the call.
set -eu
: "${AWS_REGION:?}" "${CLUSTER:?}" "${TASK_DEFINITION:?}" "${SUBNETS:?}" "${SECURITY_GROUP:?}"
export AWS_REGION AWS_PAGER=''
PAUSE_S=${PAUSE_S:-5}
LONGEST_S=${LONGEST_S:-3600} # a migration of a large table may take long; its locks are short

fail() {
	echo "migrate: $*" >&2
	[ -z "${LOG_GROUP:-}" ] || echo "migrate: read its log: aws logs tail $LOG_GROUP --since 1h" >&2
	exit 1
}

command -v aws >/dev/null || fail 'the aws command is missing; set migrate_on_apply = false and run the task by hand'

task=$(aws ecs run-task --cluster "$CLUSTER" --task-definition "$TASK_DEFINITION" \
	--launch-type FARGATE --started-by migrate --count 1 --output text --query 'tasks[0].taskArn' \
	--network-configuration "awsvpcConfiguration={subnets=[$SUBNETS],securityGroups=[$SECURITY_GROUP],assignPublicIp=DISABLED}") ||
	fail 'run-task failed'
case $task in
arn:*) echo "migrate: started $task" ;;
*) fail "ECS started no task: $task" ;;
esac

waited=0
while :; do
	status=$(aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$task" --output text \
		--query 'tasks[0].lastStatus') || fail "describe-tasks failed for $task"
	[ "$status" = STOPPED ] && break
	[ "$waited" -lt "$LONGEST_S" ] || fail "$task still runs after $LONGEST_S s ($status)"
	sleep "$PAUSE_S"
	waited=$((waited + PAUSE_S))
done

# A container that never started has no exit code; the text output says None.
codes=$(aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$task" --output text \
	--query 'tasks[0].containers[].[name, exitCode]') || fail "describe-tasks failed for $task"
bad=$(printf '%s\n' "$codes" | awk 'NF && $2 != "0"')
if [ -z "$codes" ] || [ -n "$bad" ]; then
	why=$(aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$task" --output text --query 'tasks[0].stoppedReason') || why=unknown
	fail "the task failed: $why; container and exit code: $(printf '%s' "$bad" | tr '\t\n' ' ,')"
fi
echo 'migrate: done'
