"""What people see at a door, measured in the browser that shows it to them."""
