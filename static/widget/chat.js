import sprite from 'sprite:widget'; console.log(sprite);
