"""What people see of tasks, and do to them. All of it is reached by `tasks.service`."""
