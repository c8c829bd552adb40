"""What goes over the wire: the shapes of requests and answers. Energy travels as decimal text, instants in UTC."""
