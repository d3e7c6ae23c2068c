"""The camera reader: how often, how soon and at what cost it reads."""
