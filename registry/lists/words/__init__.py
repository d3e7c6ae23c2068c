"""The words of an event and of lists, as people write them in titles and cells."""
