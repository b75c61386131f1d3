mock_provider "aws" {
  source = "./tests/mocks"
}

# The values of terraform.tfvars.example, by -var-file, and the two images, by -var, as the README
# calls terraform. A test of other files does not set these variables.
run "prod_plans_with_its_example_values" {
  command = plan

  module {
    source = "./envs/prod"
  }

  assert {
    condition     = output.websocket_url == "wss://chat.example.com/ws"
    error_message = "prod says its address"
  }

  assert {
    condition     = output.cluster_name == "echostream-prod"
    error_message = "prod has a name of its own"
  }

  assert {
    condition     = length(output.queue_urls) == 4
    error_message = "prod has four queues"
  }
}
