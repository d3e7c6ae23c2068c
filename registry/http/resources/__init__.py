"""The routes of the public interface, one module for each resource."""
