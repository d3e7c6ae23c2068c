"""What both web programs, the kiosk's pages and the registry's dashboard, share."""
