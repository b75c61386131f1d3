mock_provider "aws" {
  source = "./tests/mocks"
}

# The values of terraform.tfvars.example, by -var-file, and the two images, by -var, as the README
# calls terraform. A test of other files does not set these variables.
run "dev_plans_with_its_example_values" {
  command = plan

  module {
    source = "./envs/dev"
  }

  assert {
    condition     = output.api_url == "https://chat-dev.example.com/api/v1"
    error_message = "dev says its address"
  }

  assert {
    condition     = output.cluster_name == "echostream-dev"
    error_message = "dev has a name of its own"
  }

  assert {
    condition     = length(output.queue_urls) == 2
    error_message = "dev has two queues"
  }
}
