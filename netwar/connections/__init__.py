"""Opening the services that the families of back ends share."""
